import { expect, it } from 'vitest';
import { planRoutes } from './plans.js';

const resources = { cpu: 1, memoryMiB: 100 };
const problems = (body: object): readonly string[] =>
  (planRoutes.planPlace.body?.safeParse({ resources, ...body }).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

it('a plan took what it does not depend on, and ignored it', () => {
  expect(problems({ placement: { waitMs: 1_000 } })).toEqual([expect.stringContaining('waitMs')]);
  expect(problems({ placement: { rebalance: false } })).toEqual([expect.stringContaining('rebalance')]);
  expect(problems({ priority: 50 })).toEqual([
    expect.stringMatching(/^priority: expected placement.preempt/),
  ]);
  expect(problems({ priority: 50, placement: { preempt: true, constraints: ['disk=ssd'] } })).toEqual([]);
});
