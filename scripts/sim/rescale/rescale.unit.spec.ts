import { describe, expect, it } from 'vitest';
import { SimulatedCgroup } from './cgroup.js';
import { fleetGoals, rescaleGoals } from './goals.js';
import { Vpa } from './vpa.js';

describe('a simulated container', () => {
  it('runs for its quota in each period, and is held back where work is left', () => {
    const group = new SimulatedCgroup(20);
    for (let period = 0; period < 10; period += 1) group.period(period * 100, period < 5 ? [30] : []);
    // 150 ms of work at 20 ms a period: seven periods with work left over, the eighth ends it.
    expect(group.second()).toEqual({ usage: 15, peak: 20, throttled: 0.7 });
    expect(group.backlogMs).toBe(0);
    expect(group.latencies).toHaveLength(5);
    expect(group.second()).toEqual({ usage: 0, peak: 0, throttled: 0 });
  });

  it('answers at once where there is room', () => {
    const group = new SimulatedCgroup(100);
    group.period(0, [2]);
    expect(group.latencies).toEqual([2]);
  });
});

describe("Kubernetes' VPA", () => {
  const minute = 60_000;
  const learned = (days: number, cpu: (index: number) => number): Vpa => {
    const vpa = new Vpa();
    for (let index = 0; index < days * 1_440; index += 1) vpa.sample(cpu(index), 1, index * minute);
    return vpa;
  };

  it('recommends the 90th percentile and 15 %, in buckets of 5 %', () => {
    const target = learned(2, (index) => (index % 20 === 0 ? 1 : 0.5)).recommendation()?.target ?? 0;
    expect(target).toBeGreaterThanOrEqual(0.5 * 1.15);
    expect(target).toBeLessThan(0.5 * 1.15 * 1.06);
    expect(learned(1, () => 0).recommendation()?.target).toBe(0.025);
  });

  it('widens its bounds where it knows little', () => {
    const short = learned(1 / 24, () => 0.5);
    expect(short.updated(2, minute * 60)).toBe(2);
    const week = learned(7, () => 0.5);
    expect(week.updated(2, minute * 1_440 * 7)).toBeLessThan(0.65);
    expect(week.recommendation()?.upper).toBeCloseTo((week.recommendation()?.target ?? 0) * (1 + 1 / 7), 1);
  });

  it('lets older samples count less', () => {
    const vpa = learned(5, (index) => (index < 1_440 * 3 ? 1 : 0.2));
    expect(vpa.recommendation()?.target).toBeGreaterThan(0.2);
    const later = learned(8, (index) => (index < 1_440 * 3 ? 1 : 0.2));
    expect(later.recommendation()?.target).toBeLessThan(0.3);
  });
});

describe('goals', () => {
  const figures = { utilisation: 0, p50Ms: 0, p99Ms: 5, changes: 0, allocated: 0 };
  const run = (limiter: string, utilisationTen: number, batchSeconds: number) => ({
    ...{ ...figures, limiter, utilisationTen, batchSeconds },
  });

  it('are met and missed by what was measured', () => {
    const met = [run('fixed limits', 0.3, 100), run('serverless', 0.4, 110), run('slo', 0.6, 102)];
    expect(rescaleGoals(met).every(({ isMet }) => isMet)).toBe(true);
    const missed = [
      run('fixed limits', 0.3, 100),
      run('serverless', 0.7, 101),
      { ...run('slo', 0.5, 107), p99Ms: 6 },
    ];
    expect(rescaleGoals(missed).map(({ isMet }) => isMet)).toEqual([false, false, false, false, false]);
    expect(rescaleGoals([]).map(({ isMet }) => isMet)).toEqual([false]);
    const fleet = { hosts: 1, containers: 30, changes: 0 };
    expect(
      fleetGoals([
        { ...fleet, seconds: 5 },
        { ...fleet, seconds: 5.1 },
      ])[0]?.isMet,
    ).toBe(false);
  });
});
