import { expect, it } from 'vitest';
import { decide } from './decide.js';
import { figuresOf, inputOf, policyOf, T0, traffic, unlimited } from './scaling.testing.js';
import { initialState } from './state.js';
import { reasonText } from './words.js';

const busy = figuresOf(2, {}, { traffic: traffic({ inFlight: 90 }) });

it('the count was raised while no node answered', () => {
  const away = { areNodesAway: true } as const;
  const { count, explanation } = decide(inputOf(unlimited(), { figures: busy, ...away }));
  expect([count, explanation.raw, explanation.constraint]).toEqual([2, 5, 'unreachable']);
  expect(reasonText(explanation)).toContain('2; 5 would do, but no node answers, so nothing is changed');
  // Neither the bounds nor a wake change anything, nor what is idle.
  const outOfBounds = inputOf(unlimited({ min: 4 }), { figures: busy, ...away });
  expect(decide(outOfBounds).count).toBe(2);
  const woken = inputOf(unlimited({ min: 0 }), { current: 0, isWoken: true, ...away });
  expect(decide(woken).count).toBe(0);
  const state = { ...initialState(2, T0), activeAt: T0 - 600_000, ready: { count: 2, since: T0 - 600_000 } };
  const quiet = { ...traffic(), requestsPerSecond: 0 };
  const idle = inputOf(unlimited({ min: 0, idleMs: 1_000 }), {
    ...{ figures: figuresOf(2, {}, { traffic: quiet }), state },
  });
  expect(decide(idle).count).toBe(0);
  expect(decide({ ...idle, ...away })).toMatchObject({
    ...{ count: 2, explanation: { constraint: 'unreachable' }, state: { changes: [] } },
  });
});

it('the author of a policy was not told why a figure is missing', () => {
  const kafkaLag = { group: 'orders', topic: 'orders', perInstance: 10 };
  const policy = policyOf({ targets: { cpu: 50, concurrency: 20, p95Ms: 100, kafkaLag } });
  const missing = { kafkaLag: 'there is no topic orders' };
  const { explanation } = decide(inputOf(policy, { figures: figuresOf(2, {}, { missing }) }));
  expect(explanation.targets.map((said) => [said.target, said.missing])).toEqual([
    ['cpu', 'nothing was measured of its instances lately'],
    ['concurrency', 'no gateway says what requests it has'],
    ['p95Ms', 'no gateway says what requests it has'],
    ['kafkaLag', 'there is no topic orders'],
  ]);
  const some = figuresOf(4, { cpuPercent: 10 }, { missing, traffic: traffic({ inFlight: 1, p95Ms: 10 }) });
  const lagging = policyOf({ targets: { concurrency: 20, kafkaLag } });
  const unchanged = decide(inputOf(lagging, { current: 4, figures: some })).explanation;
  expect(reasonText(unchanged)).toContain('while a figure is missing (kafkaLag: there is no topic orders)');
});

it('of loads at which answers were slow the latest was remembered, not the lowest', () => {
  const policy = policyOf({ targets: { p95Ms: 100 } });
  const slowAt = (requestsPerSecond: number, at = T0 - 10_000) => ({ requestsPerSecond, at });
  const decided = (before: ReturnType<typeof slowAt>) =>
    decide(
      inputOf(policy, {
        figures: figuresOf(2, {}, { traffic: traffic({ requestsPerSecond: 80, p95Ms: 500 }) }),
        state: { ...initialState(2, T0 - 60_000), slowAt: before },
      }),
    ).state.slowAt;
  expect(decided(slowAt(15))).toEqual({ requestsPerSecond: 15, at: T0 });
  expect(decided(slowAt(90))).toEqual({ requestsPerSecond: 40, at: T0 });
  // What was learned an hour ago is forgotten.
  expect(decided(slowAt(15, T0 - 3_600_000))).toEqual({ requestsPerSecond: 40, at: T0 });
});
