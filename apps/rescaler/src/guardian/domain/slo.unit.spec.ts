import { describe, expect, it } from 'vitest';
import { stateOf } from '../../structures/domain/structures.testing.js';
import type { Sample } from './sample.js';
import { defaultSlo, sloCpu, type SloState } from './slo.js';

const NOW = 100_000;
const state: SloState = { margin: 3 };
const cpu = stateOf({ current: 100, max: 400, min: 10 });
/** The last one is of now. */
const samplesOf = (usages: readonly number[], throttled = 0): readonly Sample[] =>
  usages.map((usage, index) => ({
    at: NOW - (usages.length - 1 - index) * 1_000,
    usage: { cpu: usage },
    throttled: index === usages.length - 1 ? throttled : 0,
  }));

const decided = (usages: readonly number[], throttled = 0, own: SloState = state) =>
  sloCpu({ cpu, samples: samplesOf(usages, throttled), state: own, settings: defaultSlo, now: NOW });

describe('policy slo, by the formulas of Autothrottle', () => {
  it.each([
    // 1 + r - 3 * .1
    [0.5, 120],
    [1, 170],
    [0.31, 101],
  ])('raises a limit of 100 that held back %f of the periods to %i', (throttled, expected) => {
    expect(decided([50, 50, 50, 50, 100], throttled).choice).toMatchObject({
      raw: expected,
      by: 'held back',
    });
  });

  it('leaves it up to three times the target', () => {
    expect(decided([95, 95, 95, 95, 95], 0.3).choice).toMatchObject({ raw: 100, constraint: 'steady' });
  });

  it('lets the margin grow by what is held back beyond the target, and never fall below 0', () => {
    expect(decided([95, 95, 95, 95, 95], 0.2).state.margin).toBeCloseTo(3.1);
    expect(decided([95, 95, 95, 95, 95], 0, { margin: 0.01 }).state.margin).toBe(0);
  });

  it('lowers it to the most that was used plus the margin of standard deviations', () => {
    // Most 70, standard deviation 4, margin 3 - .1.
    expect(decided([60, 60, 60, 60, 70]).choice.raw).toBe(Math.ceil(70 + 2.9 * 4));
  });

  it('does not lower it by less than a tenth, nor by more than half', () => {
    expect(decided([91, 91, 91, 91, 91]).choice).toMatchObject({ raw: 100, constraint: 'steady' });
    expect(decided([1, 1, 1, 1, 1]).choice.raw).toBe(50);
  });

  it('counts the busiest 100 ms of each second', () => {
    const samples = samplesOf([20, 20, 20, 20, 20]).map((sample) => ({ ...sample, cpuPeak: 80 }));
    expect(sloCpu({ cpu, samples, state, settings: defaultSlo, now: NOW }).choice.raw).toBe(80);
  });

  it('waits until it knows 5 seconds, and decides on each sample once', () => {
    expect(decided([1, 1, 1]).choice).toMatchObject({ raw: 100, constraint: 'wait' });
    const { state: next } = decided([95, 95, 95, 95, 95], 0.5);
    expect(decided([95, 95, 95, 95, 95], 0.5, next).choice).toMatchObject({ raw: 100, constraint: 'wait' });
  });

  it('takes a step down back that was too deep, by as much again', () => {
    const lastDown = { from: 160, to: 100, at: NOW - 1_000 };
    const result = decided([90, 90, 90, 90, 100], 0.4, { margin: 3, lastDown });
    expect(result.choice).toMatchObject({ raw: 220, by: 'too deep a step down' });
    expect(result.state.lastDown).toBeUndefined();
    const late = { ...lastDown, at: NOW - 10_000 };
    expect(decided([90, 90, 90, 90, 100], 0.4, { margin: 3, lastDown: late }).choice.by).toBe('held back');
  });

  it('changes nothing where the last figure is older than the history', () => {
    const samples = samplesOf([1, 1, 1, 1, 1]);
    const late = { cpu, samples, state, settings: defaultSlo, now: NOW + 6_000 };
    expect(sloCpu(late).choice).toMatchObject({ raw: 100, constraint: 'missing' });
  });
});
