import type { ServerCounters, ServerFigures } from '../../data-plane/domain/server-figures.js';
import { type Silence, silenceAfter, silenceAtFirst } from './silence.js';

/** The response times of one instance since they were read last. */
export interface ResponseTimes {
  readonly count: number;
  /** Of `ln(1 + ms)`: so the mean is that of most requests, whatever a few take. */
  readonly sumOfLogs: number;
}

/** What the figures say of an instance, smoothed. All of it is of one service: another one begins anew. */
export interface Watched {
  /** What HAProxy said last; undefined before the first look. */
  readonly last?: ServerFigures;
  readonly atMs: number;
  /** Requests that ended, failed ones and response times, each worth half after `HALF_LIFE_MS`. */
  readonly ended: number;
  readonly failed: number;
  readonly times: ResponseTimes;
  readonly requestsPerSecond: number;
  readonly errorsPerSecond: number;
  /** Requests without the head of an answer. */
  readonly waiting: number;
  readonly silence?: Silence;
  readonly answeredMs: number;
}

const HALF_LIFE_MS = 2_000;
/** Less than a request counts for nothing. */
const LEAST_ENDED = 0.01;

export const unwatched = (nowMs: number): Watched => ({
  ...{ atMs: nowMs, ended: 0, failed: 0, times: { count: 0, sumOfLogs: 0 } },
  ...{ requestsPerSecond: 0, errorsPerSecond: 0, waiting: 0, answeredMs: -Infinity },
});

/** With what HAProxy says now, and with the response times that the log gave meanwhile. */
export function watched(
  before: Watched,
  figures: ServerFigures,
  nowMs: number,
  times?: ResponseTimes,
): Watched {
  const { last, atMs } = before;
  const since = last?.source === figures.source ? difference(last.counters, figures.counters) : undefined;
  if (since === undefined)
    return { ...before, last: figures, atMs: nowMs, ...silenceAtFirst(figures, nowMs) };
  const ended = since.answers + since.lost;
  const failed = Math.min(ended, since.failedAnswers + since.lost);
  const kept = 0.5 ** ((nowMs - atMs) / HALF_LIFE_MS);
  // That it could not be connected to counts no more once it can.
  const keptEnds = last?.isUp === false ? 0 : kept;
  const perSecond = 1_000 / Math.max(1, nowMs - atMs);
  return {
    ...{ last: figures, atMs: nowMs },
    ended: faded(before.ended * keptEnds + ended),
    failed: faded(before.failed * keptEnds + failed),
    times: added(before.times, kept, times ?? timesOf(figures, since)),
    requestsPerSecond: mixed(before.requestsPerSecond, since.requests * perSecond, kept),
    errorsPerSecond: mixed(before.errorsPerSecond, failed * perSecond, kept),
    ...silenceAfter(before, figures, since, nowMs),
    answeredMs: since.answers > 0 ? nowMs : before.answeredMs,
  };
}

const faded = (value: number): number => (value < LEAST_ENDED ? 0 : value);
const mixed = (before: number, now: number, kept: number): number => faded(before * kept + now * (1 - kept));

/** Undefined where a counter is smaller than before: it began anew, and what is between is not known. */
function difference(before: ServerCounters, now: ServerCounters): ServerCounters | undefined {
  const entries = (Object.keys(now) as (keyof ServerCounters)[]).map(
    (key) => [key, now[key] - before[key]] as const,
  );
  return entries.every(([, value]) => value >= 0)
    ? (Object.fromEntries(entries) as unknown as ServerCounters)
    : undefined;
}

/** Without a log, HAProxy's own mean. */
const timesOf = ({ responseMs }: ServerFigures, { answers }: ServerCounters): ResponseTimes | undefined =>
  responseMs === undefined ? undefined : { count: answers, sumOfLogs: answers * Math.log1p(responseMs) };

/** Times that are long ago stay what is known, until others come. */
function added(before: ResponseTimes, kept: number, now: ResponseTimes | undefined): ResponseTimes {
  if (now === undefined || now.count === 0) return before;
  return { count: before.count * kept + now.count, sumOfLogs: before.sumOfLogs * kept + now.sumOfLogs };
}

/** The share of its latest requests that failed. With few of them it is nearer to 0. */
export const errorShareOf = ({ ended, failed }: Watched): number => failed / (ended + 1);

/** Of its latest answers, most take about this; undefined before the first. */
export const latencyOf = ({ times }: Watched): number | undefined =>
  times.count === 0 ? undefined : Math.expm1(times.sumOfLogs / times.count);
