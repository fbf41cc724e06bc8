import { seeded } from '../placement/random.js';
import { type Trace, traceOf, TRACES } from '../scaling/traces.js';
import { PERIOD_MS } from './cgroup.js';

/** One container of the bench: what comes to it in each period, in CPU milliseconds a request. */
export interface Work {
  readonly name: string;
  /** Its limit at first, in shares: the peak of its own load. */
  readonly peak: number;
  /** Mean CPU of each second of a usual hour, in shares: what a recommender has learned from before. */
  readonly usual: readonly number[];
  /** `isIdle`: nothing waits from before. */
  works(second: number, period: number, backlogMs: number): readonly number[];
  /** Whether there is nothing more to come. */
  isDone?(): boolean;
}

const PERIODS_PER_SECOND = 1_000 / PERIOD_MS;
/** Shares that ten containers have together at the peaks of their traces. */
const TEN_SHARES = 200;
const SECONDS = 3_600;

/** A number of arrivals with this mean (Knuth's method; the means are small). */
function poisson(mean: number, random: () => number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}

/**
 * What a container is given that is to be held back never: its busiest period; or its busiest second, in which some periods
 * are busier than others.
 */
export type PeakOf = 'period' | 'second';

/** The requests of a trace, a second of it in a second: each needs between half and one and a half of the mean CPU. */
function traced(
  name: string,
  trace: Trace,
  peak: number,
  peakOf: PeakOf,
  offset: number,
  seed: number,
): Work {
  const loads = traceOf(trace);
  const perPeriod = (second: number): number =>
    (loads[(second + offset) % SECONDS] ?? 0) / PERIODS_PER_SECOND;
  const arriving = (random: () => number, second: number): number[] =>
    Array.from({ length: poisson(perPeriod(second), random) }, () => 0.5 + random());
  const busiest = peakOf === 'second' ? Math.max(...loads) / PERIODS_PER_SECOND : busiestPeriod();
  // Shares are also CPU milliseconds in a period: 100 shares are 100 ms in 100 ms.
  const costMs = peak / busiest;
  const random = seeded(seed);
  return {
    ...{ name, peak },
    usual: Array.from({ length: SECONDS }, (_, second) => perPeriod(second) * costMs),
    works: (second) => arriving(random, second).map((work) => work * costMs),
  };

  function busiestPeriod(): number {
    const own = seeded(seed);
    let most = 0;
    for (let period = 0; period < SECONDS * PERIODS_PER_SECOND; period += 1) {
      const works = arriving(own, Math.floor(period / PERIODS_PER_SECOND));
      most = Math.max(
        most,
        works.reduce((sum, work) => sum + work, 0),
      );
    }
    return most;
  }
}

/** Ten containers: each trace at several places, with a fifth of a core each. */
export const tenContainers = (seed: number, peakOf: PeakOf): readonly Work[] =>
  Array.from({ length: 10 }, (_, index) => {
    const trace = TRACES[index % TRACES.length] ?? 'diurnal';
    return traced(`${trace}-${index}`, trace, TEN_SHARES / 10, peakOf, index * 331, seed + index);
  });

/** A service whose latencies are measured: half a core at its peak. */
export const measuredService = (seed: number, peakOf: PeakOf): Work =>
  traced('service', 'noisy', 50, peakOf, 1_000, seed);

/** Phases of a batch job, as those of MapReduce: it computes on one core, then it moves data. Shares, and CPU or wall seconds. */
const COMPUTE = { shares: 100, cpuSeconds: 180 } as const;
const SHUFFLE = { shares: 15, seconds: 120 } as const;
const ROUNDS = 6;

/** A job that ends when its work is done: held back, it takes longer. */
export class BatchJob implements Work {
  readonly name = 'batch';
  readonly peak = COMPUTE.shares;
  readonly usual: readonly number[] = Array.from({ length: SECONDS }, (_, second) =>
    second % (COMPUTE.cpuSeconds + SHUFFLE.seconds) < COMPUTE.cpuSeconds ? COMPUTE.shares : SHUFFLE.shares,
  );
  endedAt: number | undefined;
  private round = 0;
  /** CPU milliseconds of this phase that have been handed out; of a shuffle periods. */
  private given = 0;
  private isComputing = true;

  works(second: number, period: number, backlogMs: number): readonly number[] {
    if (this.isDone()) return [];
    // It does one thing after the other: more work comes once the last piece is done.
    const piece = Math.max(0, (this.isComputing ? COMPUTE.shares : SHUFFLE.shares) - backlogMs);
    if (this.isComputing) {
      this.given += piece;
      if (this.given >= COMPUTE.cpuSeconds * 1_000) this.next(false);
    } else {
      this.given += 1;
      if (this.given >= SHUFFLE.seconds * PERIODS_PER_SECOND) {
        this.round += 1;
        this.next(true);
        if (this.isDone()) this.endedAt = second + period / PERIODS_PER_SECOND;
      }
    }
    return piece > 0 ? [piece] : [];
  }

  isDone(): boolean {
    return this.round >= ROUNDS;
  }

  private next(isComputing: boolean): void {
    this.isComputing = isComputing;
    this.given = 0;
  }
}
