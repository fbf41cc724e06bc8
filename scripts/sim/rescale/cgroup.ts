/** The kernel's period of a CPU limit. */
export const PERIOD_MS = 100;
const PERIODS_PER_SECOND = 1_000 / PERIOD_MS;

/** One request that waits for CPU: when it came, and how many CPU milliseconds it still needs. */
interface Waiting {
  readonly at: number;
  left: number;
}

/** What one second looked like from outside, in shares. */
export interface SecondFigures {
  readonly usage: number;
  readonly peak: number;
  readonly throttled: number;
}

/**
 * A container under a CPU limit, as CFS bandwidth control has it: in each period it runs for at most its quota, and a period
 * in which work is left over is one in which it was held back. Requests run in the order in which they came.
 */
export class SimulatedCgroup {
  /** Shares: 100 = one core. */
  limit: number;
  /** Milliseconds of each request that is done, from its arrival. */
  readonly latencies: number[] = [];
  private waiting: Waiting[] = [];
  private head = 0;
  private used: number[] = [];
  private held = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get backlogMs(): number {
    let sum = 0;
    for (let index = this.head; index < this.waiting.length; index += 1)
      sum += this.waiting[index]?.left ?? 0;
    return sum;
  }

  /** One period from `at` on. `works` are CPU milliseconds of the requests that come in it, spread evenly. */
  period(at: number, works: readonly number[]): void {
    for (const [index, left] of works.entries())
      this.waiting.push({ at: at + (index * PERIOD_MS) / works.length, left });
    const quota = this.limit;
    let left = quota;
    while (left > 0 && this.head < this.waiting.length) {
      const next = this.waiting[this.head];
      if (next === undefined) break;
      const ran = Math.min(left, next.left);
      next.left -= ran;
      left -= ran;
      if (next.left > 1e-9) break;
      // A quota is used up early in its period when there is enough to do; one core does a millisecond in one.
      const end = Math.max(next.at + ran, at + (quota - left) / Math.max(1, quota / PERIOD_MS));
      this.latencies.push(end - next.at);
      this.head += 1;
    }
    if (this.head > 1_000) {
      this.waiting = this.waiting.slice(this.head);
      this.head = 0;
    }
    this.used.push(quota - left);
    if (left <= 1e-9 && this.head < this.waiting.length) this.held += 1;
  }

  /** The figures of the last second, once. */
  second(): SecondFigures {
    const sum = this.used.reduce((total, used) => total + used, 0);
    const figures = {
      usage: sum / PERIODS_PER_SECOND,
      peak: Math.max(0, ...this.used),
      throttled: this.held / PERIODS_PER_SECOND,
    };
    this.used = [];
    this.held = 0;
    return figures;
  }
}
