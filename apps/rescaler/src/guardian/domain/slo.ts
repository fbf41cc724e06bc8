import type { ResourceState } from '../../structures/domain/structure.js';
import type { Sample } from './sample.js';
import type { Choice } from './choice.js';

/** Settings of policy `slo`. */
export interface SloSettings {
  /** Of the periods of a CPU limit, the share in which a container may be held back. */
  readonly throttledTarget: number;
  /** More than so many times the target is too much. */
  readonly tooMuch: number;
  /** How many milliseconds of usage a limit on the way down is made of. */
  readonly historyMs: number;
  /** A limit goes down only to this part of itself or below: less is not worth a change. */
  readonly worthwhile: number;
  /** Never below this part of itself at a time. */
  readonly deepest: number;
  /** How many standard deviations are kept free at first. */
  readonly startMargin: number;
  readonly headroom: HeadroomSettings;
}

/** For resources that tell nothing of being held back. */
export interface HeadroomSettings {
  /** Percent of what is used that is kept free above it. */
  readonly freePercent: number;
  /** A limit goes down by no more than so many percent of itself at a time, */
  readonly stepPercent: number;
  /** and so long after it changed last. */
  readonly restMs: number;
}

/** What policy `slo` remembers of a container; plain data. */
export interface SloState {
  /** How many standard deviations of usage are kept free above its maximum. */
  readonly margin: number;
  /** The last step down, until a second has shown that it did no harm. */
  readonly lastDown?: { readonly from: number; readonly to: number; readonly at: number };
  /** The time of the sample that was decided on last: the same one is not decided on twice. */
  readonly sampleAt?: number;
  /** When the limit of a resource other than CPU went down last. */
  readonly loweredAt?: Readonly<Partial<Record<string, number>>>;
}

/**
 * Autothrottle's own numbers (Captain, NSDI'24), but for the target, which it learns from latencies: .1 is where
 * `npm run bench:rescale` has most of the CPU in use while a service beside still answers as fast as under policy
 * `serverless`. It keeps 50 samples of 100 ms; here a sample is a second with its busiest 100 ms, so that 5 s are kept.
 */
export const defaultSlo: SloSettings = {
  ...{ throttledTarget: 0.1, tooMuch: 3, historyMs: 5_000, worthwhile: 0.9, deepest: 0.5, startMargin: 3 },
  headroom: { freePercent: 25, stepPercent: 25, restMs: 5_000 },
};

/** After a step down, so long a second that is held back takes it back. */
const ROLLBACK_MS = 2_500;
/** Samples come at about one a second; one may be late. */
const LATE_MS = 1_500;

interface CpuInput {
  readonly cpu: ResourceState;
  readonly samples: readonly Sample[];
  readonly state: SloState;
  readonly settings: SloSettings;
  readonly now: number;
}

/**
 * The limit of CPU by the share `r` of periods in which it held the container back, as Autothrottle's Captain has it
 * (NSDI'24, algorithm 1): above `3 * target` the limit grows by `r - 3 * target`; otherwise it falls to the most that was
 * used plus `margin` standard deviations, if that is at most .9 of it, and never below half. The margin grows by
 * `r - target` each second. Where a step down was too deep, the limit becomes `2 * before - after`. Called once a sample.
 */
export function sloCpu({ cpu, samples, state, settings, now }: CpuInput): {
  choice: Choice;
  state: SloState;
} {
  const last = samples.findLast(({ usage }) => usage.cpu !== undefined);
  const stay = (constraint: Choice['constraint']): { choice: Choice; state: SloState } => ({
    choice: { raw: cpu.current, constraint },
    state,
  });
  if (last === undefined || last.at < now - settings.historyMs) return stay('missing');
  if (last.at === state.sampleAt) return stay('wait');
  const throttled = last.throttled ?? 0;
  const margin = Math.max(0, state.margin + throttled - settings.throttledTarget);
  const { lastDown, ...kept } = state;
  const next: SloState = { ...kept, margin, sampleAt: last.at };
  const excess = throttled - settings.tooMuch * settings.throttledTarget;
  if (excess > 0) {
    // The sample must be of the lower limit: the second of the step itself is of both.
    const isOfStep = lastDown !== undefined && last.at > lastDown.at && last.at <= lastDown.at + ROLLBACK_MS;
    const raw = isOfStep ? 2 * lastDown.from - lastDown.to : Math.ceil(cpu.current * (1 + excess) - 1e-9);
    const by = isOfStep ? 'too deep a step down' : 'held back';
    return { choice: { raw: Math.max(raw, cpu.current + 1), constraint: 'target', by }, state: next };
  }
  const proposed = proposedCpu(samples, margin, settings, now);
  const pending = lastDown !== undefined && now <= lastDown.at + ROLLBACK_MS ? { ...next, lastDown } : next;
  if (proposed === undefined) return { choice: { raw: cpu.current, constraint: 'wait' }, state: pending };
  if (proposed > settings.worthwhile * cpu.current)
    return { choice: { raw: cpu.current, constraint: 'steady' }, state: pending };
  const raw = Math.max(Math.ceil(settings.deepest * cpu.current), proposed, cpu.min);
  if (raw >= cpu.current) return { choice: { raw: cpu.current, constraint: 'steady' }, state: pending };
  const down = { from: cpu.current, to: raw, at: now };
  return {
    choice: { raw, constraint: 'target', by: 'most of the last seconds' },
    state: { ...next, lastDown: down },
  };
}

/** Undefined until the history is long enough. */
function proposedCpu(
  samples: readonly Sample[],
  margin: number,
  { historyMs }: SloSettings,
  now: number,
): number | undefined {
  const values: number[] = [];
  let first = now;
  for (const { at, usage, cpuPeak } of samples) {
    if (at <= now - historyMs || usage.cpu === undefined) continue;
    first = Math.min(first, at);
    values.push(Math.max(usage.cpu, cpuPeak ?? 0));
  }
  if (first > now - historyMs + LATE_MS) return undefined;
  const most = Math.max(...values);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.ceil(most + margin * Math.sqrt(variance));
}
