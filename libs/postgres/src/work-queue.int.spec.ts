import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, until, type TestDatabase } from '#libs/testing';
import {
  type Claim,
  LeaseLostError,
  Listener,
  type Pool,
  transaction,
  workChannel,
  WorkQueue,
  workTables,
} from './index.js';

const schema = 'jobs';
let database: TestDatabase;
let pool: Pool;
const work = new WorkQueue();

beforeAll(async () => {
  database = await createTestDatabase({ schema, sets: [workTables] });
  ({ pool } = database);
});
beforeEach(() => pool.query('TRUNCATE work'));
afterAll(() => database.drop());

const enqueue = (id: string, key = id) => transaction(pool, (tx) => work.enqueue(tx, { id, key }));
const claim = (owner = 'r1', leaseMs = 60_000) => work.claim(pool, { owner, leaseMs });
const finish = (held: Claim) => transaction(pool, (tx) => work.finish(tx, held));
const inAnHour = () => new Date(Date.now() + 3_600_000);

async function mustClaim(owner = 'r1', leaseMs = 60_000): Promise<Claim> {
  const claimed = await claim(owner, leaseMs);
  if (claimed === undefined) throw new Error('nothing to claim');
  return claimed;
}

describe('WorkQueue', () => {
  it('says when the next lease of somebody else lapses, and of no own, nor of one that is far away', async () => {
    for (const id of ['own', 'far', 'near']) await enqueue(id);
    const next = () => work.nextLapse(pool, { owner: 'r1', withinMs: 5_000 });
    await claim('r1', 1_000);
    await claim('r2', 60_000);
    expect(await next()).toBeUndefined();
    await claim('r3', 2_000);
    const ms = await next();
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThanOrEqual(2_000);
  });

  it('does work of one key one after another in the order of arrival, others in parallel', async () => {
    await enqueue('a1', 'a');
    await enqueue('a2', 'a');
    await enqueue('b1', 'b');
    const first = await mustClaim();
    const second = await mustClaim();
    expect([first.id, second.id]).toEqual(['a1', 'b1']);
    expect(await claim()).toBeUndefined();
    await finish(first);
    expect((await mustClaim()).id).toBe('a2');
  });

  it('parked work still blocks the later work of its key', async () => {
    await enqueue('a1', 'a');
    await enqueue('a2', 'a');
    const first = await mustClaim();
    await transaction(pool, (tx) => work.park(tx, first, { dueAt: inAnHour() }));
    expect(await claim()).toBeUndefined();
    await transaction(pool, (tx) => work.wake(tx, 'a1'));
    expect((await mustClaim()).id).toBe('a1');
  });

  it('parked work without a time waits for its wake', async () => {
    await enqueue('a');
    const held = await mustClaim();
    await transaction(pool, (tx) => work.park(tx, held));
    expect(await claim()).toBeUndefined();
    await transaction(pool, (tx) => work.wake(tx, 'a'));
    expect((await mustClaim()).id).toBe('a');
  });

  it('parked work is claimable by itself when it is due', async () => {
    await enqueue('a');
    const held = await mustClaim();
    await transaction(pool, (tx) => work.park(tx, held, { dueAt: new Date(Date.now() - 1) }));
    expect((await mustClaim()).fence).toBe(2n);
  });

  it('an expired lease is taken over with a higher fence, and the stale owner is refused', async () => {
    await enqueue('a');
    const stale = await mustClaim('r1', 1);
    const taken = await until('the lease to lapse', () => claim('r2'));
    expect([stale.fence, taken.fence]).toEqual([1n, 2n]);
    expect(taken.leaseUntil.getTime()).toBeGreaterThan(stale.leaseUntil.getTime());
    expect(await work.heartbeat(pool, [stale], 1_000)).toEqual(new Set());
    await expect(transaction(pool, (tx) => work.assertHeld(tx, stale, 1_000))).rejects.toBeInstanceOf(
      LeaseLostError,
    );
    await expect(finish(stale)).rejects.toBeInstanceOf(LeaseLostError);
    await expect(
      transaction(pool, (tx) => work.park(tx, stale, { dueAt: new Date() })),
    ).rejects.toBeInstanceOf(LeaseLostError);
    await finish(taken);
  });

  it('a heartbeat keeps the lease', async () => {
    await enqueue('a');
    const held = await mustClaim('r1', 1);
    expect(await work.heartbeat(pool, [held], 60_000)).toEqual(new Set(['a']));
    expect(await claim('r2')).toBeUndefined();
  });

  it('one heartbeat keeps all leases of a replica but those that another has', async () => {
    await enqueue('a', 'key a');
    await enqueue('b', 'key b');
    const held = [await mustClaim('r1', 200), await mustClaim('r1', 200)];
    const stale = { id: 'b', fence: 0n };
    expect(await work.heartbeat(pool, [held[0] as Claim, stale], 60_000)).toEqual(new Set(['a']));
    expect((await until('the other lease to lapse', () => claim('r2'))).id).toBe('b');
    expect(await claim('r2')).toBeUndefined();
  });

  it('a heartbeat does not wait for the step that has the row of one of the tasks, whose lease the step extends', async () => {
    await enqueue('a', 'key a');
    await enqueue('b', 'key b');
    const [a, b] = [await mustClaim('r1', 200), await mustClaim('r1', 200)];
    await transaction(pool, async (tx) => {
      await work.assertHeld(tx, a, 60_000);
      expect(await work.heartbeat(pool, [a, b], 60_000)).toEqual(new Set(['a', 'b']));
    });
    await delay(250);
    expect(await claim('r2')).toBeUndefined();
  });

  it('many claimers at once: everything is done once, never two of a key together', async () => {
    for (let n = 0; n < 30; n += 1) await enqueue(`w${n}`, `key${n % 3}`);
    const done: string[] = [];
    const busy = new Set<string>();
    const worker = async (owner: string): Promise<void> => {
      while (done.length < 30) {
        const held = await claim(owner);
        if (held === undefined) continue;
        if (busy.has(held.key)) throw new Error(`two of ${held.key} at once`);
        busy.add(held.key);
        await transaction(pool, (tx) => work.assertHeld(tx, held, 60_000));
        busy.delete(held.key);
        await finish(held);
        done.push(held.id);
      }
    };
    await Promise.all(['r1', 'r2', 'r3', 'r4'].map(worker));
    expect(new Set(done).size).toBe(30);
    for (const key of [0, 1, 2]) {
      const order = done.filter((id) => Number(id.slice(1)) % 3 === key).map((id) => Number(id.slice(1)));
      expect(order).toEqual([...order].sort((x, y) => x - y));
    }
  });

  it('an earlier row that commits late holds up only its own key while the later one runs', async () => {
    const early = await pool.connect();
    await early.query('BEGIN');
    await work.enqueue(early, { id: 'a1', key: 'a' });
    await enqueue('a2', 'a');
    await enqueue('b1', 'b');
    const running = await mustClaim();
    expect(running.id).toBe('a2');
    await early.query('COMMIT');
    early.release();
    expect((await mustClaim()).id).toBe('b1');
    expect(await claim()).toBeUndefined();
    await finish(running);
    expect((await mustClaim()).id).toBe('a1');
  });

  it('NOTIFY tells of new work', async () => {
    const listener = new Listener({ url: database.url });
    await listener.start();
    let told = 0;
    await listener.subscribe(workChannel(schema), () => {
      told += 1;
    });
    await enqueue('a');
    await until('the notification', () => told > 0);
    await listener.stop();
    expect(told).toBe(1);
  });
});
