import { beforeAll, expect, it } from 'vitest';
import { scalingDecisionSchema, scalingStatusSchema } from '#libs/contracts';
import { PostgresScalingView } from './adapters/postgres-scaling-view.js';
import { decide } from './domain/decide.js';
import { figuresOf, inputOf, policyOf, T0, traffic } from './domain/scaling.testing.js';
import { changeOf, scalingDatabaseOfFile, web } from './scaling-database.testing.js';

const db = scalingDatabaseOfFile();
beforeAll(async () => {
  await db.wants('web', 2, policyOf());
  await db.wants('api', 2, policyOf({ max: 3 }));
  await db.wants('plain', 2, null);
});

const viewAt = (now: number) => new PostgresScalingView({ pool: db.pool, now: () => now });

/** A change that was refused, and then a reason that goes on. */
async function decided(): Promise<void> {
  const [held] = await db.leasesOf('one').hold([web]);
  const lease = { ...web, fence: held?.fence ?? 0 };
  const record = db.recordFor('one');
  const change = changeOf(lease.fence);
  // What was asked for is done.
  await record.change({ ...change, kept: { ...change.kept, asking: {} } });
  await db.answer({
    token: 'scaling-1',
    status: false,
    error: { code: 'NO_NODE', message: 'no room', hint: '' },
  });
  const { explanation } = decide(
    inputOf(policyOf(), { current: 4, figures: figuresOf(4, {}, { traffic: traffic({ inFlight: 20 }) }) }),
  );
  const decision = {
    reason: explanation.constraint,
    since: T0 + 1_000,
    until: T0 + 9_000,
    times: 9,
    explanation,
  };
  await record.unchanged([{ ...lease, decision: { ...decision, isUnwritten: true } }]);
}

it('the status of a service has its bounds, the last decision, the last change, and what it waits for', async () => {
  await decided();
  const status = await viewAt(T0 + 10_000).status(web);
  expect(scalingStatusSchema.parse(status)).toEqual(status);
  expect(status).toMatchObject({
    ...{ ...web, appName: 'The shop', wanted: 2, running: 0, isDecided: true, bounds: { min: 1, max: 10 } },
    last: {
      constraint: 'in-stabilisation',
      from: 4,
      to: 4,
      times: 9,
      until: new Date(T0 + 9_000).toISOString(),
    },
    changed: { constraint: 'panic', from: 2, to: 4, succeeded: false, error: { code: 'NO_NODE' } },
    waits: { for: 'in-stabilisation' },
  });
});

it('statuses are those of services with a policy, by pages; others are known without bounds', async () => {
  const view = viewAt(T0);
  const names = async (...given: Parameters<typeof view.statuses>) =>
    (await view.statuses(...given)).map(({ item }) => item.service);
  expect(await names({}, 10)).toEqual(['api', 'web']);
  expect(await names({}, 1)).toEqual(['api']);
  expect(await names({}, 10, ['shop', 'api'])).toEqual(['web']);
  expect(await names({ appId: 'other' }, 10)).toEqual([]);
  expect((await view.status({ ...web, service: 'plain' }))?.bounds).toBeUndefined();
  expect(await view.status({ ...web, service: 'nobody' })).toBeUndefined();
});

it('decisions are the newest first, by pages, outcome and constraint', async () => {
  await decided();
  const view = viewAt(T0);
  const all = await view.decisions(web, {}, 10);
  for (const { item } of all) expect(scalingDecisionSchema.parse(item)).toEqual(item);
  const constraints = async (...given: Parameters<typeof view.decisions>) =>
    (await view.decisions(...given)).map(({ item }) => item.constraint);
  expect(await constraints(web, {}, 10)).toEqual(['in-stabilisation', 'panic']);
  const place = all[0]?.place as [string, string];
  expect(await constraints(web, {}, 10, place)).toEqual(['panic']);
  expect(await constraints(web, { outcome: 'unchanged' }, 10)).toEqual(['in-stabilisation']);
  expect(await constraints(web, { outcome: 'failed' }, 10)).toEqual(['panic']);
  expect(await constraints(web, { outcome: 'in' }, 10)).toEqual([]);
  expect(await constraints(web, { constraint: 'panic' }, 10)).toEqual(['panic']);
  expect(await constraints({ ...web, service: 'api' }, {}, 10)).toEqual([]);
});
