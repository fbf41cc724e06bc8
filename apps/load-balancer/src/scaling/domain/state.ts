import type { Sample } from './figures.js';

/** The lowest and the highest recommendation of a few seconds. */
export interface Recommended {
  /** The beginning of these seconds, in milliseconds since the epoch. */
  readonly at: number;
  readonly least: number;
  readonly most: number;
}

export interface Change {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/** From requests in flight and requests a second, of seconds that count less the older they are. */
export interface Pace {
  /** The mean. */
  readonly secondsEach: number;
  /** Sums of these seconds. A state that an older version wrote has none. */
  readonly inFlight?: number;
  readonly requests?: number;
  /** When it was seen last. */
  readonly at: number;
}

/** What a decision leaves to the next one, on whichever replica. JSON; no clock moves it. */
export interface ScalingState {
  readonly samples: readonly Sample[];
  readonly recommended: readonly Recommended[];
  /** Changes of the count that are recent enough to limit others; oldest first. */
  readonly changes: readonly Change[];
  /** Since when so many instances have taken requests. */
  readonly ready: { readonly count: number; readonly since: number };
  /** When the service had something to do last. */
  readonly activeAt: number;
  /** Until then nothing is scaled in, as so much load came at once. */
  readonly panicUntil?: number;
  /** How long a request takes at an instance that is not over its aim. */
  readonly pace?: Pace;
  /** The load an instance at which answers took too long, in requests a second. */
  readonly slowAt?: { readonly requestsPerSecond: number; readonly at: number };
}

/**
 * Where nothing is known: the present count counts as recommended, as with Kubernetes' HPA. So the first figures after a
 * start scale nothing in before the time of stabilisation is over.
 */
export const initialState = (current: number, now: number): ScalingState => ({
  samples: [],
  recommended: [{ at: now, least: current, most: current }],
  changes: [],
  ready: { count: current, since: now },
  activeAt: now,
});

/** A window is so many entries at most. */
const BUCKETS = 60;
/** Recommendations of so long are one entry. */
const bucketMs = (keptMs: number): number => Math.max(1_000, Math.ceil(keptMs / BUCKETS));

/** Adds a recommendation, and forgets those older than `keptMs`. Pure. */
export function withRecommended(
  recommended: readonly Recommended[],
  count: number,
  now: number,
  keptMs: number,
): readonly Recommended[] {
  const each = bucketMs(keptMs);
  const kept = recommended.filter(({ at }) => at + each > now - keptMs);
  const last = kept.at(-1);
  if (last === undefined || now >= last.at + each) return [...kept, { at: now, least: count, most: count }];
  return [
    ...kept.slice(0, -1),
    { at: last.at, least: Math.min(last.least, count), most: Math.max(last.most, count) },
  ];
}

/** The lowest and the highest recommendation of the last `windowMs`, in whole entries, and that of now. Pure. */
export function recommendedWithin(
  { recommended, count, now, keptMs }: RecommendedNow,
  windowMs: number,
): { readonly least: number; readonly most: number } {
  const each = bucketMs(keptMs);
  const within = windowMs === 0 ? [] : recommended.filter(({ at }) => at + each > now - windowMs);
  return {
    least: Math.min(count, ...within.map(({ least }) => least)),
    most: Math.max(count, ...within.map(({ most }) => most)),
  };
}

export interface RecommendedNow {
  readonly recommended: readonly Recommended[];
  readonly count: number;
  readonly now: number;
  readonly keptMs: number;
}
