/** Each bucket ends at 1.1 times the end of the one before: a percentile is off by 5 % at most. */
const GROWTH = 1.1;
const LOG_GROWTH = Math.log(GROWTH);
/** Seconds that count. */
const SECONDS = 5;

interface Second {
  readonly counts: Map<number, number>;
  count: number;
  sumMs: number;
}

const empty = (): Second => ({ counts: new Map(), count: 0, sumMs: 0 });

/**
 * The response times of the last five seconds, in buckets whose width grows with the time: DDSketch (Masson, Rim and Lee,
 * VLDB 2019), without its bound on the number of buckets, since times have one.
 */
export class ResponseTimes {
  private seconds: Second[] = [empty()];

  add(ms: number): void {
    const now = this.seconds.at(-1);
    if (now === undefined) return;
    const bucket = ms <= 1 ? 0 : Math.ceil(Math.log(ms) / LOG_GROWTH);
    now.counts.set(bucket, (now.counts.get(bucket) ?? 0) + 1);
    now.count += 1;
    now.sumMs += ms;
  }

  /** A second is over. */
  nextSecond(): void {
    this.seconds = [...this.seconds.slice(1 - SECONDS), empty()];
  }

  get count(): number {
    return this.seconds.reduce((sum, { count }) => sum + count, 0);
  }

  /** Undefined where there was none. */
  get meanMs(): number | undefined {
    const { count } = this;
    return count === 0 ? undefined : this.seconds.reduce((sum, { sumMs }) => sum + sumMs, 0) / count;
  }

  /** So long a share of them took at most, 0 to 1. Undefined where there was none. */
  quantileMs(share: number): number | undefined {
    const counts = new Map<number, number>();
    for (const second of this.seconds)
      for (const [bucket, count] of second.counts) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
    let left = Math.ceil(share * this.count);
    for (const [bucket, count] of [...counts].toSorted(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return middleOf(bucket);
    }
    return undefined;
  }
}

/** As far from both ends of the bucket, for its size. */
const middleOf = (bucket: number): number => (2 * GROWTH ** bucket) / (GROWTH + 1);
