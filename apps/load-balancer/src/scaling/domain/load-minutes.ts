import type { Minutes } from './forecast.js';
import { totalOf } from './outcome.js';
import type { Recorded } from './recorded.js';

/** Loads that are shared out, so that a count follows from them. Scores and latencies are none. */
export const LOADS = ['cpu', 'memory', 'requestsPerSecond', 'concurrency'] as const;
type Load = (typeof LOADS)[number];

/** Minutes of the loads of a service; the last one has just ended. */
export type LoadHistory = Readonly<Record<Load, Minutes>>;

export const MINUTE_MS = 60_000;
const DAY = 1_440;
/** Four weeks: the seasons of a forecast look no further back. */
const HISTORY = 28 * DAY;
export const HISTORY_MS = HISTORY * MINUTE_MS;
/** Some days more, so that older minutes are moved out once a day. */
const CAPACITY = HISTORY + 3 * DAY;

/** The last four weeks of the loads of a service, in some 700 KB: there may be many services. */
export class LoadMinutes {
  private readonly loads = perLoad(() => new Float32Array(CAPACITY).fill(NaN));
  /** The minute of the first place, since 1970. */
  private origin: number | undefined;
  /** The first one that is known. */
  private first = Infinity;

  /** Records of a minute each. One that was there before is written over. The first one of all is the oldest. */
  add(recorded: readonly Recorded[]): void {
    for (const { at, sample } of recorded) {
      const minute = Math.floor(at / MINUTE_MS);
      const place = this.placeOf(minute);
      if (place < 0) continue;
      this.first = Math.min(this.first, minute);
      for (const load of LOADS) this.loads[load][place] = loadOf(sample, load) ?? NaN;
    }
  }

  /** Those of four weeks up to a time, from the first one that is known. They change with the next `add`. */
  until(now: number): LoadHistory {
    const end = Math.floor(now / MINUTE_MS);
    const endPlace = this.placeOf(end - 1) + 1;
    const length = Math.max(0, Math.min(HISTORY, end - this.first));
    return perLoad((load) =>
      this.loads[load].subarray(Math.max(0, endPlace - length), Math.max(0, endPlace)),
    );
  }

  private placeOf(minute: number): number {
    this.origin ??= minute;
    const beyond = minute - this.origin - CAPACITY + 1;
    if (beyond > 0) this.forget(Math.ceil(beyond / DAY) * DAY);
    return minute - this.origin;
  }

  private forget(minutes: number): void {
    this.origin = (this.origin ?? 0) + minutes;
    this.first = Math.max(this.first, this.origin);
    for (const load of LOADS)
      this.loads[load].copyWithin(0, minutes).fill(NaN, Math.max(0, CAPACITY - minutes));
  }
}

const perLoad = <T>(of: (load: Load) => T): Record<Load, T> =>
  Object.fromEntries(LOADS.map((load) => [load, of(load)])) as Record<Load, T>;

const loadOf = (sample: Recorded['sample'], load: Load): number | undefined =>
  load === 'requestsPerSecond' || load === 'concurrency' ? sample[load] : totalOf(sample[load]);
