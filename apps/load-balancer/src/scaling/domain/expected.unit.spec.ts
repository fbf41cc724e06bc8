import { expect, it } from 'vitest';
import { expectedOf } from './expected.js';
import { policyOf, T0 } from './scaling.testing.js';

it('a forecast of exactly what so many carry cost one more, for the rounding of its mean', () => {
  const requestsPerSecond = Float32Array.from({ length: 3 * 1_440 }, () => 60.3);
  const history = { requestsPerSecond, cpu: [], memory: [], concurrency: [] };
  const policy = policyOf({ targets: { requestsPerSecond: 20.1 }, prediction: 'on' });
  expect(expectedOf(history, policy, T0)).toMatchObject({ count: 3, target: 'requestsPerSecond' });
});
