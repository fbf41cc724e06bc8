import { guardContainer, initialGuardState } from '../../../apps/rescaler/src/guardian/domain/guard.js';
import type { GuardState, Sample } from '../../../apps/rescaler/src/guardian/domain/guardian.js';
import { defaultSettings } from '../../../apps/rescaler/src/guardian/domain/settings.js';
import { planHost } from '../../../apps/rescaler/src/scaler/domain/plan.js';
import type {
  ContainerStructure,
  HostStructure,
} from '../../../apps/rescaler/src/structures/domain/structure.js';
import { Vpa } from './vpa.js';
import type { Work } from './workload.js';
import type { SecondFigures } from './cgroup.js';

/** Sets limits: called once a second with the figures of each container, it gives the limits in shares. */
export interface Limiter {
  readonly name: string;
  second(now: number, figures: readonly SecondFigures[], limits: readonly number[]): readonly number[];
}

export const fixed = (): Limiter => ({ name: 'fixed limits', second: (_now, _figures, limits) => limits });

const KEPT_SAMPLES = 60;
/** The least that a container is left with, in shares. */
const MIN = 2;
/** More than its peak may be needed for moments: as far as the host has room. */
const MAX_OF_PEAK = 1.5;

/** The rescaler's own guardian and scaler, on one host with so many shares. `hasPeaks`: the agent measures the busiest 100 ms. */
export function rescaler(
  policy: 'slo' | 'serverless',
  works: readonly Work[],
  hostShares: number,
  hasPeaks = true,
): Limiter {
  const host: HostStructure = { name: 'host', resources: { cpu: { max: hostShares, free: 0 } } };
  const samples: Sample[][] = works.map(() => []);
  const states: GuardState[] = works.map(() => initialGuardState);
  const containerOf = ({ name, peak }: Work, current: number): ContainerStructure => ({
    ...{ id: name, host: 'host', application: name, isRunning: true, guarded: true, policy },
    resources: {
      cpu: {
        ...{ min: MIN, max: Math.round(peak * MAX_OF_PEAK), current, guard: true },
        ...{ boundary: 10, boundaryOf: 'max' as const },
      },
    },
  });
  return {
    name: hasPeaks || policy !== 'slo' ? policy : 'slo, without peaks',
    second(now, figures, limits) {
      const containers = works.map((work, index) => containerOf(work, limits[index] ?? work.peak));
      const wishes = containers.flatMap((container, index) => {
        const { usage, peak, throttled } = figures[index] ?? { usage: 0, peak: 0, throttled: 0 };
        const own = [
          ...(samples[index] ?? []),
          { at: now, usage: { cpu: usage }, ...(hasPeaks && { cpuPeak: peak }), throttled },
        ];
        samples[index] = own.slice(-KEPT_SAMPLES);
        const state = states[index] ?? initialGuardState;
        const result = guardContainer({ container, samples: own, state, settings: defaultSettings, now });
        states[index] = result.state;
        return result.wishes;
      });
      const planned = planHost({ host, containers, wishes });
      return planned.containers.map(({ resources }, index) => resources.cpu?.current ?? limits[index] ?? 0);
    },
  };
}

const WEEK_MINUTES = 7 * 24 * 60;

/** VPA that has seen the usual hour of each container for a week, and resizes in place. */
export function vpa(works: readonly Work[]): Limiter {
  const start = -WEEK_MINUTES * 60_000;
  const recommenders = works.map(({ usual, peak }) => {
    const own = new Vpa();
    const minutes = Array.from({ length: usual.length / 60 }, (_, minute) =>
      mean(usual.slice(minute * 60, minute * 60 + 60)),
    );
    for (let minute = 0; minute < WEEK_MINUTES; minute += 1)
      own.sample((minutes[minute % minutes.length] ?? 0) / 100, peak / 100, start + minute * 60_000);
    return own;
  });
  let seconds: number[][] = works.map(() => []);
  return {
    name: 'VPA',
    second(now, figures, limits) {
      for (const [index, { usage }] of figures.entries()) seconds[index]?.push(usage);
      if ((seconds[0]?.length ?? 0) < 60) return limits;
      const minutes = seconds.map(mean);
      seconds = works.map(() => []);
      return limits.map((limit, index) => {
        const own = recommenders[index];
        if (own === undefined) return limit;
        own.sample((minutes[index] ?? 0) / 100, limit / 100, now);
        return own.updated(limit / 100, now) * 100;
      });
    },
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
