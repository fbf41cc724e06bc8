import { describe, expect, it } from 'vitest';
import { stateOf } from '../../structures/domain/structures.testing.js';
import { amountOf, fitToUsage, proportional, trimmed } from './amounts.js';
import type { ScalingEvent } from './guardian.js';
import { chainOf, marginOf } from './limits.js';
import { holds } from './logic.js';
import type { Rule } from './rules.js';
import { rulesOf } from './rules.js';
import { byRules } from './serverless.js';
import { defaultSettings } from './settings.js';

/** All numbers were made by running ServerlessContainers: shares, MiB. */
const rules = rulesOf({ memory: 1, disk: 1, network: 1 });
const ruleOf = (name: string): Rule => {
  const rule = rules.find((each) => each.name === name);
  if (rule === undefined) throw new Error(name);
  return rule;
};
const eventsOf = (resource: 'cpu' | 'memory', up: number, down: number): readonly ScalingEvent[] => [
  ...Array.from({ length: up }, () => ({ resource, direction: 'up' as const, at: 0 })),
  ...Array.from({ length: down }, () => ({ resource, direction: 'down' as const, at: 0 })),
];

describe('the golden tables of the guardian', () => {
  it.each([
    [2_000, 500, 700, -550],
    [200, 20, 50, -120],
    [400, 25, 10, -353],
    [100, 1, 50, -48],
  ])('fits current %i with margin %i to usage %i by %i', (current, margin, usage, amount) => {
    expect(fitToUsage(current, margin, usage)).toBe(amount);
  });

  it.each([
    [{ max: 400, min: 50, current: 200 }, 100, 70, 70],
    [{ max: 400, min: 50, current: 200 }, 100, 100, 100],
    [{ max: 400, min: 50, current: 200 }, 100, 250, 200],
    [{ max: 400, min: 50, current: 200 }, 100, 260, 200],
    [{ max: 400, min: 50, current: 200 }, 100, -10, -10],
    [{ max: 400, min: 50, current: 200 }, 100, -50, -50],
    [{ max: 400, min: 50, current: 200 }, 100, -60, -50],
    [{ max: 400, min: 50, current: 200 }, 100, -100, -50],
    [{ max: 40, min: 5, current: 20 }, 10, 10, 10],
  ])('trims in %o with lower %i the amount %i to %i', (state, lower, amount, expected) => {
    expect(trimmed(amount, state, lower)).toBe(expected);
  });

  it.each([
    [{ boundary: 10, boundaryOf: 'max' as const, max: 200 }, 20],
    [{ boundary: 10, boundaryOf: 'current' as const, current: 105 }, 10],
    [{ boundary: 5, boundaryOf: 'current' as const, current: 1_600, max: 4_000 }, 80],
    [{ boundary: 0 }, 1],
  ])('has for %o a margin of %i', (state, margin) => {
    expect(marginOf(stateOf(state))).toBe(margin);
  });

  it('has at max 200, boundary 10 % and current 200 upper 180 and lower 160', () => {
    expect(chainOf(stateOf({ current: 200 }))).toEqual({ margin: 20, upper: 180, lower: 160 });
  });

  it.each([
    [30, 'down'],
    [79, 'down'],
    [80, 'none'],
    [100, 'none'],
    [120, 'none'],
    [121, 'up'],
    [200, 'up'],
  ])('at current 140, upper 120, lower 80 sees in usage %i the event %s', (usage, event) => {
    const facts = { usage, max: 200, min: 50, current: 140, upper: 120, lower: 80 };
    const seen = ['cpu_exceeded_upper', 'cpu_dropped_lower'].filter((name) =>
      holds(ruleOf(name).when, facts),
    );
    expect(seen).toEqual({ none: [], up: ['cpu_exceeded_upper'], down: ['cpu_dropped_lower'] }[event]);
  });

  it.each([
    ['current is max', { usage: 199, max: 200, min: 50, current: 200, upper: 180, lower: 160 }],
    ['lower is min', { usage: 10, max: 200, min: 50, current: 140, upper: 95, lower: 50 }],
  ])('sees no event where %s', (_, facts) => {
    const names = ['cpu_exceeded_upper', 'cpu_dropped_lower'];
    expect(names.filter((name) => holds(ruleOf(name).when, facts))).toEqual([]);
  });

  it.each([
    // rule, events that are enough, events that are not, events that it uses up
    [
      'CpuRescaleUp',
      [
        { up: 2, down: 0 },
        { up: 2, down: 2 },
      ],
      [
        { up: 1, down: 0 },
        { up: 2, down: 3 },
      ],
      2,
    ],
    [
      'CpuRescaleDown',
      [{ up: 0, down: 6 }],
      [
        { up: 0, down: 5 },
        { up: 1, down: 6 },
      ],
      6,
    ],
    [
      'MemRescaleUp',
      [{ up: 2, down: 6 }],
      [
        { up: 1, down: 0 },
        { up: 2, down: 7 },
      ],
      2,
    ],
    [
      'MemRescaleDown',
      [{ up: 0, down: 8 }],
      [
        { up: 0, down: 7 },
        { up: 1, down: 8 },
      ],
      8,
    ],
    ['DiskReadRescaleUp', [{ up: 1, down: 9 }], [{ up: 0, down: 0 }], 1],
    ['DiskReadRescaleDown', [{ up: 9, down: 6 }], [{ up: 0, down: 5 }], 6],
    ['DiskWriteRescaleUp', [{ up: 1, down: 9 }], [{ up: 0, down: 0 }], 1],
    ['DiskWriteRescaleDown', [{ up: 9, down: 6 }], [{ up: 0, down: 5 }], 6],
  ] as const)('%s holds by its events', (name, enough, tooFew, removed) => {
    const rule = ruleOf(name);
    expect(enough.filter((events) => !holds(rule.when, { events }))).toEqual([]);
    expect(tooFew.filter((events) => holds(rule.when, { events }))).toEqual([]);
    expect(rule).toMatchObject({ eventsToRemove: removed });
  });

  it.each([
    ['DiskReadRescaleUp', { kind: 'fixed', amount: 450 }],
    ['DiskWriteRescaleUp', { kind: 'fixed', amount: 450 }],
    ['DiskReadRescaleDown', { kind: 'fit_to_usage' }],
    ['DiskWriteRescaleDown', { kind: 'fit_to_usage' }],
    ['MemRescaleUp', { kind: 'fixed', amount: 256 }],
    ['CpuRescaleUp', { kind: 'fixed', amount: 75 }],
  ])('%s changes the limit by %o', (name, by) => {
    expect(ruleOf(name)).toMatchObject({ by });
  });

  const settings = { ...defaultSettings, rules };
  const look = (
    resource: 'cpu' | 'memory',
    own: Parameters<typeof stateOf>[0],
    chain: { upper: number; lower: number; margin: number },
    usage: number,
    events: readonly ScalingEvent[],
  ): number => {
    const state = stateOf(own);
    const { choice } = byRules({ ...{ resource, state, chain, usage, events, settings }, now: 1 });
    const amount = choice.raw - state.current;
    return trimmed(amount, state, chain.lower);
  };

  it.each([
    // max, events up and down before this look (usage 130 adds one up), amount
    [200, 1, 0, 60],
    [400, 1, 0, 75],
    [400, 0, 0, 0],
    [400, 1, 3, 0],
  ])(
    'at current 140, upper 120, usage 130, max %i with %i up and %i down before rises by %i',
    (max, up, down, amount) => {
      const chain = { upper: 120, lower: 100, margin: 20 };
      expect(look('cpu', { max }, chain, 130, eventsOf('cpu', up, down))).toBe(amount);
    },
  );

  it('rises in proportion by 37', () => {
    expect(proportional(75, 130, { upper: 120, lower: 100, margin: 20 }, 140)).toBe(37);
    const by = { kind: 'proportional', amount: 75 } as const;
    expect(amountOf(by, stateOf({ max: 400 }), 130, { upper: 120, lower: 100, margin: 20 })).toBe(37);
  });

  it.each([
    [60, 50, -110],
    [5, 20, -140],
  ])('at current 200, margin 20, lower 160, usage %i and min %i falls by %i', (usage, min, amount) => {
    const chain = { upper: 180, lower: 160, margin: 20 };
    expect(look('cpu', { current: 200, min }, chain, usage, eventsOf('cpu', 0, 5))).toBe(amount);
  });

  it('of memory at current 4096, margin 819 and usage 700 takes 2168, and gives 256 after two events', () => {
    const chain = { upper: 3_277, lower: 2_458, margin: 819 };
    const own = { current: 4_096, max: 8_192, min: 256 };
    expect(look('memory', own, chain, 700, eventsOf('memory', 0, 7))).toBe(-2_168);
    expect(look('memory', own, chain, 3_300, eventsOf('memory', 1, 0))).toBe(256);
  });
});
