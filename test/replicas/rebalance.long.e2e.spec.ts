import { afterAll, beforeAll, expect, it } from 'vitest';
import { UnevenPlatform } from './rebalanced.js';

const platform = new UnevenPlatform();
beforeAll(() => platform.open(['agent']), 120_000);
afterAll(() => platform.close());

/** The nodes share the processors of one machine, and others work there. So a little more than nothing is a load. */
const SENSITIVE = {
  LOAD_BALANCER_REBALANCING_QUIET_MS: '20000',
  LOAD_BALANCER_REBALANCING_OVER_MS: '20000',
  LOAD_BALANCER_REBALANCING_ABOVE: '6',
  LOAD_BALANCER_REBALANCING_LEAST_GAIN: '3',
};

const LEAST_GAIN = Number(SENSITIVE.LOAD_BALANCER_REBALANCING_LEAST_GAIN) / 100;

it('an uneven load is measured, its move is advised and then made while a client sees no error; the others stay', async () => {
  const volumes = [{ name: 'data', path: '/app/data' }];
  await platform.deploy({
    hot: { cpu: 0.8, busyMs: 70 },
    kept: { cpu: 0.5, busyMs: 30, config: { placement: { rebalance: false } } },
    data: { cpu: 0.1, busyMs: 0, config: { volumes } },
  });
  const before = await platform.revisions();
  await platform.balance({ LOAD_BALANCER_REBALANCING: 'advise', ...SENSITIVE });
  const advice = await platform.shows('the advice', ({ advised }) => advised.length > 0);
  expect(advice).toMatchObject({
    ...{ code: 2, mode: 'advise', by: 'measured', underWay: [], ended: [] },
    fullest: { node: platform.node },
    advised: [{ service: 'hot', from: platform.node }],
  });
  expect(advice.staying.map(({ reason }) => reason).toSorted()).toEqual(['opted-out', 'volumes']);
  const [{ improves }] = advice.advised as [(typeof advice.advised)[number]];
  expect(improves.from.after).toBeLessThanOrEqual(improves.from.before - LEAST_GAIN);
  expect(improves.to.after).toBeLessThanOrEqual(improves.from.before - LEAST_GAIN);
  const text = await platform.slipway('rebalance');
  expect(text.out).toMatch(new RegExp(`${platform.node} \\d+ % -> \\d+ %  +\\S+ \\d+ % -> \\d+ %`));
  expect(await platform.placesOf('hot'), 'advice moves nothing').toEqual([platform.node]);
  expect(await platform.revisions()).toEqual(before);

  const done = await platform.movesHot(SENSITIVE);
  console.info(`moved: ${JSON.stringify(done.ended[0]?.improves)}`);
  const after = await platform.shows(
    'the load to be lower',
    ({ fullest }) => fullest !== undefined && fullest.share < improves.from.before - LEAST_GAIN,
  );
  expect(after.ended).toHaveLength(1);
  await platform.stop(['hot', 'kept', 'data']);
}, 400_000);
