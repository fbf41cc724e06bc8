import { smoothed } from './smoothed.js';

/** What is remembered of the answers of one instance. Times are in seconds. */
export interface Answers {
  /** The newest last, at most `HISTORY`. */
  readonly times: readonly number[];
  /** The best average that was seen, slowly forgotten. */
  readonly best: number;
  /** Slower answers than that cost points. It follows the average. */
  readonly threshold: number;
  /** 0 to 100, smoothed. */
  readonly score: number;
  /** How many samples there were, up to `TRUSTED`. */
  readonly samples: number;
  /** Of the last sample, in milliseconds since 1970. */
  readonly at: number;
}

/** What users saw of an instance in one second in which it answered. */
export interface AnswerSample {
  /** Mean seconds until an answer; absent where all failed without one. */
  readonly time?: number;
  /** Of the requests, 0 to 1. */
  readonly errorShare: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Samples kept, as RustyBalancer's HISTORY_SIZE. */
const HISTORY = 20;
/** The newest of the history are compared with as many before them. */
const TREND = 5;
/** How many points the trend is worth at most, either way. */
const TREND_POINTS = 10;
/** Up to this factor above its best, an instance is as good as it can be. It is what the threshold aims at, too. */
const TOLERANCE = 1.5;
/** Below this nobody waits for an answer, so faster ones are no better. Seconds. */
const FAST = 0.05;
/** After so long the best average counts twice as much: what requests ask for changes over a day. Seconds. */
const BEST_DOUBLES = 1_800;
const THRESHOLD = { first: 1, least: 0.5, kept: 0.9, follows: 0.1 } as const;
const MOST_PENALTY = 20;
/** The newest sample beside the average. */
const NEWEST = 0.3;

/**
 * The availability of RustyBalancer (deployment-agent/src/stats.rs, 2024-09) on the times of real answers, in place of the
 * time of a TCP connect. `docs/explanation/scores.md` says what differs, and why.
 *
 *     time      = 0.3 newest + 0.7 mean of the last 20
 *     base      = 100 min(1, 1.5 max(best, 0.05) / time)^1.5
 *     threshold = max(0.5, 0.9 threshold + 0.1 * 1.5 mean)
 *     penalty   = 20 (1 - e^-(time - threshold)), above the threshold
 *     trend     = 10 (before - newest) / before, of two means of five; at most 10 either way
 *     score     = average of (base - penalty + trend) (1 - errors)
 *
 * @param alpha of that average, for one second
 */
export function nextAnswers(before: Answers | undefined, sample: AnswerSample, alpha: number): Answers {
  const seconds = before === undefined ? 0 : Math.max(0, sample.at - before.at) / 1_000;
  const known = before?.times ?? [];
  const times = sample.time === undefined ? known : [...known, sample.time].slice(-HISTORY);
  const mean = times.length === 0 ? 0 : meanOf(times);
  const kept = before === undefined ? mean : before.best * 2 ** (seconds / BEST_DOUBLES);
  const best = known.length === 0 ? mean : Math.min(kept, mean);
  const threshold = Math.max(
    THRESHOLD.least,
    THRESHOLD.kept * (before?.threshold ?? THRESHOLD.first) + THRESHOLD.follows * TOLERANCE * mean,
  );
  const raw = bounded(pointsOf({ times, mean, best, threshold })) * (1 - sample.errorShare);
  return {
    ...{ times, best, threshold, at: sample.at },
    score: smoothed(before?.score, raw, { seconds, alpha }),
    samples: Math.min(TRUSTED, (before?.samples ?? 0) + 1),
  };
}

interface Judged {
  readonly times: readonly number[];
  readonly mean: number;
  readonly best: number;
  readonly threshold: number;
}

function pointsOf({ times, mean, best, threshold }: Judged): number {
  const newest = times.at(-1);
  if (newest === undefined) return 100;
  const time = NEWEST * newest + (1 - NEWEST) * mean;
  const base = 100 * Math.min(1, (TOLERANCE * Math.max(best, FAST)) / Math.max(time, FAST)) ** 1.5;
  const penalty = MOST_PENALTY * (1 - Math.exp(-Math.max(0, time - threshold)));
  return base - penalty + trendOf(times);
}

/** Of fewer than ten samples there is none: there is nothing to compare with. */
function trendOf(times: readonly number[]): number {
  if (times.length < 2 * TREND) return 0;
  const before = meanOf(times.slice(-2 * TREND, -TREND));
  if (before <= 0) return 0;
  const change = (before - meanOf(times.slice(-TREND))) / before;
  return TREND_POINTS * Math.max(-1, change);
}

const TRUSTED = 5;
/** So long after its last answer an instance is as available as it was, and after `GONE_MS` nobody knows. */
const FADES_MS = 10_000;
const GONE_MS = 60_000;

/** How much the availability counts, 0 to 1. It comes with its first samples, and goes where no more come. */
export function trustIn({ samples, at }: Pick<Answers, 'samples' | 'at'>, nowMs: number): number {
  const age = nowMs - at;
  const fresh = Math.min(1, Math.max(0, (GONE_MS - age) / (GONE_MS - FADES_MS)));
  return (samples / TRUSTED) * fresh;
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const bounded = (points: number): number => Math.min(100, Math.max(0, points));
