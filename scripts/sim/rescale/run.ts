import { PERIOD_MS, SimulatedCgroup } from './cgroup.js';
import type { Limiter } from './policies.js';
import { BatchJob, measuredService, type PeakOf, tenContainers, type Work } from './workload.js';

export interface RescaleFigures {
  readonly limiter: string;
  /** Used to allocated CPU of the ten containers, and of all twelve. */
  readonly utilisationTen: number;
  readonly utilisation: number;
  readonly batchSeconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly changes: number;
  /** Mean shares that all have as limits. */
  readonly allocated: number;
}

const PERIODS_PER_SECOND = 1_000 / PERIOD_MS;
/** A limit is applied so long after the second that called for it: figures, decision, Kafka, the engine. */
const APPLIED_AFTER_PERIODS = 3;
const LONGEST_SECONDS = 7_200;
const TEN = 10;

/** Runs all containers until the batch job is done. */
export function runLimiter(
  limiterOf: (works: readonly Work[]) => Limiter,
  seed: number,
  peakOf: PeakOf,
): RescaleFigures {
  const batch = new BatchJob();
  const works: readonly Work[] = [...tenContainers(seed, peakOf), measuredService(seed + TEN, peakOf), batch];
  const limiter = limiterOf(works);
  const groups = works.map(({ peak }) => new SimulatedCgroup(peak));
  const sums = { used: 0, usedTen: 0, allocated: 0, allocatedTen: 0, changes: 0 };
  let pending: readonly number[] | undefined;
  let second = 0;
  for (; second < LONGEST_SECONDS && batch.endedAt === undefined; second += 1) {
    for (let period = 0; period < PERIODS_PER_SECOND; period += 1) {
      if (period === APPLIED_AFTER_PERIODS && pending !== undefined) sums.changes += applied(groups, pending);
      for (const [index, group] of groups.entries()) {
        const works_ = works[index]?.works(second, period, group.backlogMs) ?? [];
        group.period((second * PERIODS_PER_SECOND + period) * PERIOD_MS, works_);
      }
    }
    const figures = groups.map((group) => group.second());
    const limits = groups.map(({ limit }) => limit);
    for (const [index, { usage }] of figures.entries()) {
      const limit = limits[index] ?? 0;
      sums.used += usage;
      sums.allocated += limit;
      if (index < TEN) [sums.usedTen, sums.allocatedTen] = [sums.usedTen + usage, sums.allocatedTen + limit];
    }
    pending = limiter.second((second + 1) * 1_000, figures, limits);
  }
  const latencies = Float64Array.from(groups[TEN]?.latencies ?? []).sort();
  const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return {
    ...{ limiter: limiter.name, utilisationTen: sums.usedTen / sums.allocatedTen, changes: sums.changes },
    ...{ utilisation: sums.used / sums.allocated, batchSeconds: batch.endedAt ?? LONGEST_SECONDS },
    ...{ p50Ms: quantile(0.5), p99Ms: quantile(0.99), allocated: sums.allocated / second },
  };
}

/** How many limits changed. */
function applied(groups: readonly SimulatedCgroup[], limits: readonly number[]): number {
  let changes = 0;
  for (const [index, group] of groups.entries()) {
    const limit = limits[index] ?? group.limit;
    if (limit !== group.limit) changes += 1;
    group.limit = limit;
  }
  return changes;
}
