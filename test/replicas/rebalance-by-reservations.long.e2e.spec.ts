import { afterAll, beforeAll, expect, it } from 'vitest';
import { UnevenPlatform } from './rebalanced.js';

const platform = new UnevenPlatform();
beforeAll(() => platform.open(), 120_000);
afterAll(() => platform.close());

const VOLUMES = [{ name: 'data', path: '/app/data' }];

// The short form of rebalance.long.e2e.spec.ts: no agent watches, so what is reserved is the load, and is known at once.
it('an instance moves off the fullest node while a client sees no error; opt-out and volumes stay', async () => {
  await platform.deploy({
    hot: { cpu: 0.9, busyMs: 0 },
    kept: { cpu: 0.3, busyMs: 0, config: { placement: { rebalance: false } } },
    data: { cpu: 0.1, busyMs: 0, config: { volumes: VOLUMES } },
  });
  const before = await platform.revisions();
  const traffic = platform.traffic();
  await platform.balance({
    LOAD_BALANCER_REBALANCING: 'act',
    LOAD_BALANCER_REBALANCING_QUIET_MS: '0',
    LOAD_BALANCER_REBALANCING_OVER_MS: '5000',
  });
  const done = await platform.shows('the end of the move', ({ ended }) => ended.length > 0);
  await traffic.stop();
  expect(done.ended).toMatchObject([{ service: 'hot', from: platform.node, succeeded: true }]);
  expect(traffic.failures).toEqual([]);
  expect(traffic.answers.get('here')).toBeGreaterThan(10);
  expect(await platform.placesOf('hot')).toEqual([done.ended[0]?.to]);
  expect(await platform.placesOf('kept')).toEqual([platform.node]);
  expect(await platform.placesOf('data')).toEqual([platform.node]);
  expect(await platform.revisions(), 'what is wanted stays as it is').toEqual(before);
  await platform.stop(['hot', 'kept', 'data']);
}, 180_000);
