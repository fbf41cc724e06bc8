import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { type Claim, LeaseLostError, type Pool, transaction, WorkQueue, workTables } from './index.js';

const schema = 'test';
const work = new WorkQueue();
let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase({ schema, sets: [workTables] });
  ({ pool } = database);
});
beforeEach(() => pool.query('TRUNCATE work, work_turns'));
afterAll(() => database.drop());

const enqueue = (id: string, key: string) => transaction(pool, (tx) => work.enqueue(tx, { id, key }));
const finish = (held: Claim) => transaction(pool, (tx) => work.finish(tx, held));
const claim = (): Promise<Claim | undefined> => work.claim(pool, { owner: 'r1', leaseMs: 60_000 });

async function claimed(id: string): Promise<Claim> {
  const found = await claim();
  if (found?.id !== id) throw new Error(`claimed ${found?.id ?? 'nothing'} instead of ${id}`);
  return found;
}

describe('work that switches its key', () => {
  it('goes on where nobody has the turn of the new key, and holds it', async () => {
    await enqueue('build', 'builds');
    const build = await claimed('build');
    await enqueue('next', 'builds');
    expect(await work.switchKey(pool, build, 'rollouts')).toBe(true);
    await enqueue('scale', 'rollouts');
    // Its old key is free, its new one is not.
    await finish(await claimed('next'));
    expect(await claim()).toBeUndefined();
    await finish(build);
    expect((await claimed('scale')).id).toBe('scale');
  });

  it('is let go of where somebody has the turn, and claimed after it with a higher fence', async () => {
    await enqueue('build', 'builds');
    const build = await claimed('build');
    await enqueue('scale', 'rollouts');
    const scale = await claimed('scale');
    expect(await work.switchKey(pool, build, 'rollouts')).toBe(false);
    expect(await claim()).toBeUndefined();
    await finish(scale);
    const again = await claimed('build');
    expect(again.fence).toBeGreaterThan(build.fence);
    expect(await work.switchKey(pool, again, 'rollouts')).toBe(true);
  });

  it('stands among those that wait where it arrived', async () => {
    await enqueue('build', 'builds');
    await enqueue('first', 'rollouts');
    await enqueue('last', 'rollouts');
    const build = await claimed('build');
    const first = await claimed('first');
    expect(await work.switchKey(pool, build, 'rollouts')).toBe(false);
    await finish(first);
    await finish(await claimed('build'));
    expect((await claimed('last')).id).toBe('last');
  });

  it('of somebody else is refused', async () => {
    await enqueue('build', 'builds');
    const build = await claimed('build');
    const stale = { ...build, fence: build.fence - 1n };
    await expect(work.switchKey(pool, stale, 'rollouts')).rejects.toBeInstanceOf(LeaseLostError);
  });

  it('never lets two of one key run, however many switch at once', async () => {
    const ids = Array.from({ length: 20 }, (_, n) => `build-${n}`);
    for (const id of ids) await enqueue(id, `builds ${id}`);
    const claims = await Promise.all(ids.map(() => claim()));
    const switched = async (held: Claim | undefined): Promise<boolean> =>
      held !== undefined && (await work.switchKey(pool, held, 'rollouts'));
    const went = await Promise.all(claims.map(switched));
    expect(went.filter(Boolean)).toHaveLength(1);
    const order: string[] = [];
    let running = claims[went.indexOf(true)];
    while (running !== undefined) {
      order.push(running.id);
      await finish(running);
      running = await claim();
    }
    expect(order.toSorted()).toEqual(ids.toSorted());
  });
});
