import { expect, it } from 'vitest';
import { expectedOf } from './expected.js';
import { policyOf, T0 } from './scaling.testing.js';

it('a forecast of exactly what so many carry cost one more, for the rounding of its mean', () => {
  const policy = policyOf({ targets: { requestsPerSecond: 0.7 }, prediction: 'on' });
  const countFor = (load: number): number | undefined => {
    const requestsPerSecond = Float32Array.from({ length: 3 * 1_440 }, () => load);
    return expectedOf({ requestsPerSecond, cpu: [], memory: [], concurrency: [] }, policy, T0)?.count;
  };
  const counts = Array.from({ length: 12 }, (_, n) => n + 1);
  expect(counts.map((count) => countFor(count * 0.7))).toEqual(counts);
});
