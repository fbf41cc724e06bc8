import type { Sample, Sum } from './figures.js';
import type { Policy } from './policy.js';

/** A change that takes back one of the other direction within this time. */
const FLAP_MS = 120_000;

/** What came of a policy, or of what really ran. */
export interface Outcome {
  readonly instanceHours: number;
  /** Seconds in which the load was above what the instances are to carry by this policy's own targets. */
  readonly overSeconds: number;
  /** The same by the targets of the policy that is in force. */
  readonly overPresentSeconds: number;
  readonly changes: number;
  /** Changes that took back one of the other direction within two minutes. */
  readonly flaps: number;
  readonly least: number;
  readonly most: number;
  readonly last: number;
}

/** A time with one count. */
export interface Stretch {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ms: number;
  readonly count: number;
  /** How many of them took requests. */
  readonly ready: number;
  readonly sample: Sample;
}

/** What a count led to, added up. */
export class Tally {
  private instanceMs = 0;
  private overMs = 0;
  private overPresentMs = 0;
  private least = Infinity;
  private most = 0;
  private last = 0;
  private flaps = 0;
  private changes = 0;
  /** Those within the time of a flap. */
  private recent: readonly { readonly at: number; readonly by: number }[] = [];

  constructor(
    private readonly own: Policy | undefined,
    private readonly present: Policy | undefined,
  ) {}

  add({ at, ms, count, ready, sample }: Stretch): void {
    if (this.least !== Infinity && count !== this.last) this.change(at, count - this.last);
    this.instanceMs += count * ms;
    if (this.own !== undefined && isOver(sample, ready, this.own)) this.overMs += ms;
    if (this.present !== undefined && isOver(sample, ready, this.present)) this.overPresentMs += ms;
    this.least = Math.min(this.least, count);
    this.most = Math.max(this.most, count);
    this.last = count;
  }

  get outcome(): Outcome {
    return {
      instanceHours: Math.round((this.instanceMs / 3_600_000) * 1_000) / 1_000,
      overSeconds: this.overMs / 1_000,
      overPresentSeconds: this.overPresentMs / 1_000,
      ...{ changes: this.changes, flaps: this.flaps },
      ...{ least: this.least === Infinity ? 0 : this.least, most: this.most, last: this.last },
    };
  }

  private change(at: number, by: number): void {
    const recent = this.recent.filter((before) => at - before.at < FLAP_MS);
    if (recent.some((before) => before.by * by < 0)) this.flaps += 1;
    this.changes += 1;
    this.recent = [...recent, { at, by }];
  }
}

/** Of those without figure it is taken that they use as much as the others; undefined where nothing is known. Pure. */
export const totalOf = ({ sum, known, missing }: Sum): number | undefined =>
  known === 0 ? undefined : (sum * (known + missing)) / known;

/** Whether a load is above what so many instances are to carry by any target, beyond its tolerance. Pure. */
export function isOver(sample: Sample, ready: number, { targets, out }: Policy): boolean {
  const beyond = (total: number | undefined, aim: number | undefined): boolean =>
    total !== undefined && aim !== undefined && total > aim * ready * (1 + out.tolerance);
  const deficit = totalOf(sample.deficit);
  return (
    beyond(totalOf(sample.cpu), targets.cpu) ||
    beyond(totalOf(sample.memory), targets.memory) ||
    beyond(sample.requestsPerSecond, targets.requestsPerSecond) ||
    beyond(sample.concurrency, targets.concurrency) ||
    beyond(sample.kafkaLag, targets.kafkaLag?.perInstance) ||
    beyond(sample.prometheus, targets.prometheus?.perInstance) ||
    (targets.p95Ms !== undefined && (sample.p95Ms ?? 0) > targets.p95Ms * (1 + out.tolerance)) ||
    (targets.score !== undefined && deficit !== undefined && deficit > (100 - targets.score.high) * ready)
  );
}
