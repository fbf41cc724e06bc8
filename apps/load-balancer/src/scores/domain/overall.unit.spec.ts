import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overallOf, partNames, type Parts, roomLeft, usualWeights } from './overall.js';

const parts = (cpu: number, memory: number, network: number, availability: number): Parts => ({
  ...{ cpu, memory, network, availability },
});
const overall = (of: Parts, trust?: number): number => overallOf(of, usualWeights, trust) ?? NaN;

describe('the overall score beside RustyBalancer', () => {
  const SATURATED = 'there: one part costs no more than its weight, however saturated it is (fault 6)';
  const NEGATIVE = 'there: CPU above 100 % is a negative score';

  it.each([
    ['idle', parts(100, 100, 100, 100), 100, 100, ''],
    ['half used', parts(50, 50, 50, 50), 50, 50, ''],
    ['CPU at 50 %', parts(50, 100, 100, 100), 82.5, 82.5, ''],
    ['memory at 70 %', parts(100, 30, 100, 100), 82.5, 82.5, ''],
    ['memory at 83 %, as programs that keep what they have', parts(100, 17, 100, 100), 79.25, 79.25, ''],
    ['busy, but nothing saturated', parts(40, 50, 80, 90), 61, 61, ''],
    ['CPU at 70 %', parts(30, 100, 100, 100), 75.5, 60, SATURATED],
    ['CPU at 73 %: HIGH', parts(27, 100, 100, 100), 74.45, 54, SATURATED],
    ['CPU at 91 %: CRITICAL', parts(9, 100, 100, 100), 68.15, 18, SATURATED],
    ['CPU at 100 %', parts(0, 100, 100, 100), 65, 0, SATURATED],
    ['CPU at 129 % of a core', parts(roomLeft(129), 100, 100, 100), 54.85, 0, NEGATIVE],
    ['memory at 91 %: HIGH', parts(100, 9, 100, 100), 77.25, 54, SATURATED],
    ['a line that is full', parts(100, 100, 0, 100), 85, 0, SATURATED],
    ['no good answer', parts(100, 100, 100, 0), 75, 0, SATURATED],
  ])('%s', (_what, of, theirs, ours, why) => {
    expect(overall(of)).toBeCloseTo(ours, 6);
    if (theirs !== ours) expect(why, 'a difference has its reason').not.toBe('');
  });
});

it('with default weights CPU had to exceed 129 % to scale up: 73 % is enough', () => {
  const scalesAt = (cpu: number): boolean => overall(parts(roomLeft(cpu), 100, 100, 100)) < 55;
  expect([72, 73].map(scalesAt)).toEqual([false, true]);
});

it('a figure that is missing is no figure: its weight is shared among the others', () => {
  expect(overall({ cpu: 50, memory: 80 })).toBeCloseTo((0.35 * 50 + 0.25 * 80) / 0.6);
  expect(overallOf({}, usualWeights)).toBeUndefined();
  expect(overall(parts(60, 60, 60, 40), 0)).toBe(overall({ cpu: 60, memory: 60, network: 60 }));
});

it('a part of weight 0 does not count, not even where it is saturated', () => {
  const weights = { ...usualWeights, memory: 0 };
  expect(overallOf(parts(80, 0, 80, 80), weights)).toBeCloseTo(80);
  expect(overallOf({ memory: 10 }, weights)).toBeUndefined();
});

const share = fc.double({ min: 0, max: 1, noNaN: true });
const score = fc.double({ min: 0, max: 100, noNaN: true });
const some = fc.record(
  { cpu: score, memory: score, network: score, availability: score },
  { requiredKeys: ['cpu'] },
);

it('is between 0 and 100, and never better than the best part', () => {
  fc.assert(
    fc.property(some, share, (of, trust) => {
      const result = overall(of, trust);
      expect(result).toBeGreaterThanOrEqual(0);
      expect(result).toBeLessThanOrEqual(Math.max(...Object.values(of)) + 1e-9);
    }),
  );
});

it('never gets better where a part gets worse', () => {
  fc.assert(
    fc.property(some, fc.constantFrom(...partNames), share, share, (of, name, by, trust) => {
      const worse = { ...of, [name]: (of[name] ?? 100) * by };
      expect(overall(worse, trust)).toBeLessThanOrEqual(
        overall({ ...of, [name]: of[name] ?? 100 }, trust) + 1e-9,
      );
    }),
  );
});

it('has no steps: a little less of a part is a little less overall', () => {
  fc.assert(
    fc.property(some, fc.constantFrom(...partNames), (of, name) => {
      const value = of[name] ?? 100;
      const less = overall({ ...of, [name]: Math.max(0, value - 0.01) });
      expect(overall({ ...of, [name]: value }) - less).toBeLessThan(0.07);
    }),
  );
});
