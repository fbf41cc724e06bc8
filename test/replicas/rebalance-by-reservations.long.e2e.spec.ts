import { afterAll, beforeAll, it } from 'vitest';
import { UnevenPlatform } from './rebalanced.js';

const platform = new UnevenPlatform();
beforeAll(() => platform.open(), 120_000);
afterAll(() => platform.close());

const VOLUMES = [{ name: 'data', path: '/app/data' }];

// No agent watches, so what is reserved is the load, and is known at once.
it('an instance moves off the fullest node while a client sees no error; opt-out and volumes stay', async () => {
  await platform.deploy({
    hot: { cpu: 0.9, busyMs: 0 },
    kept: { cpu: 0.3, busyMs: 0, config: { placement: { rebalance: false } } },
    data: { cpu: 0.1, busyMs: 0, config: { volumes: VOLUMES } },
  });
  await platform.movesHot({
    LOAD_BALANCER_REBALANCING_QUIET_MS: '0',
    LOAD_BALANCER_REBALANCING_OVER_MS: '5000',
  });
  await platform.stop(['hot', 'kept', 'data']);
}, 180_000);
