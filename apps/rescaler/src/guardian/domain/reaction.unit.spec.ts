import { describe, expect, it } from 'vitest';
import type { Policy } from '../../structures/domain/structure.js';
import { containerOf } from '../../structures/domain/structures.testing.js';
import { guardContainer, initialGuardState } from './guard.js';
import type { GuardState, Sample } from './guardian.js';
import { defaultSettings } from './settings.js';

/** What a container would use in each second, and its limits: [second, limit] of each change. */
function changes(policy: Policy, start: number, demandAt: (second: number) => number, seconds: number) {
  let current = start;
  let state: GuardState = initialGuardState;
  let samples: Sample[] = [];
  const seen: (readonly [number, number])[] = [];
  for (let second = 1; second <= seconds; second += 1) {
    const demand = demandAt(second);
    const throttled = demand > current ? 1 : 0;
    samples = [
      ...samples.slice(-59),
      { at: second * 1_000, usage: { cpu: Math.min(demand, current) }, throttled },
    ];
    const cpu = { current, min: 10, max: 200, boundary: 10, boundaryOf: 'max' as const };
    const container = containerOf('a', { policy, resources: { cpu } });
    const result = guardContainer({
      container,
      samples,
      state,
      settings: defaultSettings,
      now: second * 1_000,
    });
    state = result.state;
    const target = result.wishes[0]?.target ?? current;
    if (target !== current) seen.push([second, target]);
    current = target;
  }
  return seen;
}

describe('how soon a limit follows', () => {
  const bottleneck = (from: number) => (second: number) => (second < from ? 15 : 150);

  it.each([0, 3, 7])(
    'a bottleneck: serverless in 25 to 45 s, as ServerlessContainers does (%i s later)',
    (later) => {
      const from = 61 + later;
      const up = changes('serverless', 50, bottleneck(from), 200).find(
        ([second, to]) => second >= from && to > 50,
      );
      expect(up?.[0]).toBeGreaterThanOrEqual(from + 20);
      expect(up?.[0]).toBeLessThanOrEqual(from + 45);
    },
  );

  it('a bottleneck: slo with the first second that was held back, and all of it within 5 s', () => {
    const up = changes('slo', 50, bottleneck(61), 100).filter(([second]) => second >= 61);
    expect(up[0]?.[0]).toBe(61);
    expect(up.find(([, to]) => to >= 150)?.[0]).toBeLessThanOrEqual(66);
  });

  it('idleness: slo down to min within 30 s, serverless after 60 s and more', () => {
    const idle = (second: number) => (second < 61 ? 150 : 1);
    const slo = changes('slo', 170, idle, 120).filter(([second]) => second >= 61);
    expect(slo.at(-1)).toEqual([expect.any(Number), 10]);
    expect(slo.at(-1)?.[0]).toBeLessThanOrEqual(61 + 30);
    const serverless = changes('serverless', 190, idle, 200).filter(([second]) => second >= 61);
    expect(serverless[0]?.[0]).toBeGreaterThanOrEqual(61 + 60);
  });
});
