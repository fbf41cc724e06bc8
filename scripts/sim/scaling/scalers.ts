import type { Policy } from '../../../apps/load-balancer/src/scaling/domain/policy.js';
import { boundsAt } from '../../../apps/load-balancer/src/scaling/domain/policy.js';
import { decide } from '../../../apps/load-balancer/src/scaling/domain/decide.js';
import type { Expected } from '../../../apps/load-balancer/src/scaling/domain/decision.js';
import { initialState } from '../../../apps/load-balancer/src/scaling/domain/state.js';
import type { Second } from './service.js';

/** Says each second how many instances there are to be. */
export interface Scaler {
  readonly name: string;
  /** Milliseconds. */
  readonly everyMs: number;
  wanted(seen: Second, current: number): number;
}

/** The real decision. */
export function ours(
  name: string,
  policy: Policy,
  expected: (now: number) => Expected | undefined = () => undefined,
): Scaler {
  let state: ReturnType<typeof initialState> | undefined;
  return {
    ...{ name, everyMs: 1_000 },
    wanted: ({ figures, now }, current) => {
      state ??= initialState(current, now);
      const decision = decide({
        ...{ policy, bounds: boundsAt(policy, now), figures, current, now, state },
        ...{ isRollingOut: false, isWoken: false, expected: expected(now) },
      });
      state = decision.state;
      return decision.count;
    },
  };
}

const HPA = { everyMs: 15_000, tolerance: 0.1, stabilisationMs: 300_000, step: 4 } as const;

/**
 * Kubernetes' HPA on CPU with its defaults: each 15 s on figures that are up to 15 s old (metrics-server), out by 4 or 100 %
 * a period, in to the highest recommendation of 300 s.
 */
export function hpa(target: number, { min, max }: { readonly min: number; readonly max: number }): Scaler {
  let recommended: readonly { readonly at: number; readonly count: number }[] = [];
  let older: number | undefined;
  return {
    ...{ name: `HPA, CPU ${target} %`, everyMs: HPA.everyMs },
    wanted: ({ figures: { instances }, now, ready }, current) => {
      recommended = recommended.length === 0 ? [{ at: now, count: current }] : recommended;
      const latest = instances.reduce((sum, { cpuPercent = 0 }) => sum + cpuPercent, 0) / Math.max(1, ready);
      const cpu = older ?? latest;
      older = latest;
      const ratio = cpu / target;
      const raw = Math.abs(ratio - 1) <= HPA.tolerance ? current : Math.ceil(ratio * ready - 1e-9);
      recommended = [
        ...recommended.filter(({ at }) => now - at < HPA.stabilisationMs),
        { at: now, count: raw },
      ];
      const stable = Math.max(
        raw,
        Math.min(current, ...[Math.max(...recommended.map(({ count }) => count))]),
      );
      const most = Math.max(current + HPA.step, current * 2);
      return Math.min(max, Math.max(min, Math.min(stable, most)));
    },
  };
}

export interface SeedSettings {
  readonly high: number;
  readonly low: number;
  readonly critical: number;
  readonly min: number;
  readonly max: number;
}

/** The second seed: each 10 s by the mean score, one at a time; it never goes below its default, nor down from its maximum. */
export function seed({ high, low, critical, min, max }: SeedSettings): Scaler {
  return {
    ...{ name: 'the seed', everyMs: 10_000 },
    wanted: ({ figures: { instances } }, current) => {
      const scores = instances.map(({ score }) => score?.overall ?? 0);
      const mean = scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length);
      if (current >= max) return current;
      if (mean < high || scores.some((score) => score < critical)) return current + 1;
      return mean > low && current > min ? current - 1 : current;
    },
  };
}
