import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { FeedWorld } from '../traffic-feed/feed.testing.js';
import { createOverrides } from './wire.js';

let world: FeedWorld;
beforeAll(async () => {
  world = await FeedWorld.start();
});
afterEach(async () => {
  await world.pool.query('DELETE FROM traffic_override_records');
  await world.clear();
});
afterAll(() => world.close());

/** Those of one replica. */
async function replica() {
  const { pool, listener } = world;
  let changes = 0;
  const overrides = createOverrides({
    runtime: { pool, listener, logger: { warn: () => undefined } as never, clock: { now: () => new Date() } },
    onChanged: () => (changes += 1),
  });
  await overrides.start();
  return { ...overrides, changes: () => changes };
}
const names = (all: readonly { readonly instance: string }[]) => all.map(({ instance }) => instance);

it('a weight that is set at one replica is known at all, and when it ends', async () => {
  await world.run('a', 2);
  const [one, other] = [await replica(), await replica()];
  const set = await one.record.set({ instance: 'a1', weight: 20, forMs: 60_000, by: 'somebody' });
  expect(set).toMatchObject({
    kind: 'set',
    override: { appId: 'shop', service: 'web', instance: 'a1', weight: 20, by: 'somebody' },
  });
  const [told] = await until('the other one to know', () =>
    other.changes() > 0 ? other.current.current() : undefined,
  );
  expect(told).toMatchObject({ instance: 'a1', weight: 20 });
  expect(told?.forMs).toBeGreaterThan(50_000);
  expect(told?.forMs).toBeLessThanOrEqual(60_500);
  expect(await one.record.set({ instance: 'a1', weight: 0, by: 'somebody' })).toMatchObject({ kind: 'set' });
  await until('the newest to count', () => other.current.current()[0]?.weight === 0);
  expect(await other.record.end('a1')).toMatchObject({ weight: 0 });
  expect(await other.record.end('a1')).toBeUndefined();
  await until('none to be left', () => one.current.current().length === 0);
  await Promise.all([one.stop(), other.stop()]);
});

it('an instance that does not run gets none, and what has ended or belongs to one that is gone is forgotten', async () => {
  await world.run('a', 3);
  const { record, stop } = await replica();
  expect(await record.set({ instance: 'nobody', weight: 1, by: 'somebody' })).toEqual({ kind: 'unknown' });
  for (const instance of ['a1', 'a2'])
    await record.set({ instance, weight: 1, forMs: 60_000, by: 'somebody' });
  await world.setState('a1', 'stopped');
  await world.pool.query(
    `UPDATE traffic_override_records SET until = now() - interval '1 s' WHERE instance = 'a2'`,
  );
  expect(names(await record.list())).toEqual(['a1']);
  await record.set({ instance: 'a3', weight: 1, by: 'somebody' });
  const { rows } = await world.pool.query<{ instance: string }>(
    'SELECT instance FROM traffic_override_records',
  );
  expect(names(rows)).toEqual(['a3']);
  await stop();
});
