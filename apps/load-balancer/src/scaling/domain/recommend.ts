import { type Figures, meanOf, type Sample, type Sum } from './figures.js';
import type { DirectionRules, Policy, ScoreThresholds, Targets } from './policy.js';
import type { Pace, ScalingState } from './state.js';

/** What one target says. */
export interface TargetResult {
  readonly target: keyof Targets;
  /** What was measured, as the target is written: an instance's mean, or of `p95Ms` and `score` the service's. */
  readonly value?: number;
  readonly aim: number;
  /** How many instances it asks for, before any limit; undefined where its figure is missing. */
  readonly raw?: number;
  /** Why it says nothing, or less than it would. */
  readonly missing?: string;
}

export interface Seen {
  readonly policy: Policy;
  readonly state: ScalingState;
  /** The latest seconds, oldest first; the last one is of now. */
  readonly samples: readonly Sample[];
  readonly current: number;
  readonly now: number;
  /** Why a figure from outside is missing. */
  readonly missing?: Figures['missing'];
}

/** Rounding of sums must not cost an instance. */
const EPSILON = 1e-9;
/** Scores and latencies are not proportional to the count, so they are judged once it has been the same for so long. */
export const SETTLE_MS = 3_000;
/** Latencies fall by chance: only well below what is aimed at they let an instance go. */
const CLEARLY_FAST = 0.5;
/** A load this close to one at which answers took too long would be too much again. */
const AS_MUCH = 0.9;
/** A pace that nothing confirmed for so long may have changed: requests may take longer for another reason. */
const PACE_MS = 30_000;
const CATCH_UP = 1.5;
/** What was learned of loads and latencies is forgotten: releases change. */
export const LEARNED_MS = 3_600_000;

/**
 * How many instances a total needs. Kubernetes' HPA: `ceil(current * ratio)` with `ratio = total / (current * aim)`, and
 * the current count while the ratio is within the tolerance of its direction (kubernetes.io, "Horizontal Pod
 * Autoscaling", algorithm details; a tolerance for each direction since 1.35). Without instances there is no ratio, as
 * with KEDA's activation: any load asks for what it needs. Pure; rises with `total`.
 */
export function countFor(
  total: number,
  aim: number,
  current: number,
  rules: { readonly out: DirectionRules; readonly in: DirectionRules },
): number {
  const needed = Math.ceil(total / aim - EPSILON);
  if (current === 0) return needed;
  const ratio = total / (aim * current);
  if (ratio > 1) return ratio <= 1 + rules.out.tolerance + EPSILON ? current : Math.max(needed, current);
  return ratio >= 1 - rules.in.tolerance - EPSILON ? current : Math.min(needed, current);
}

/** Without its figure a target says nothing but why. */
const noFigure = (seen: Seen, target: keyof Targets, aim: number): TargetResult => ({
  ...{ target, aim, missing: whyMissing(seen, target) },
});

function whyMissing({ samples, missing }: Seen, target: keyof Targets): string {
  const { ready = 0, requestsPerSecond } = samples.at(-1) ?? {};
  switch (target) {
    case 'cpu':
    case 'memory':
    case 'score':
      return ready === 0 ? 'no instance runs' : 'nothing was measured of its instances lately';
    case 'requestsPerSecond':
    case 'concurrency':
      return 'no gateway says what requests it has';
    case 'p95Ms':
      return requestsPerSecond === undefined
        ? 'no gateway says what requests it has'
        : 'no request was answered lately';
    case 'kafkaLag':
    case 'prometheus':
      return missing?.[target] ?? 'no figure';
  }
}

/**
 * Shares of limits. Kubernetes' HPA counts an instance without figure as 0 on the way out, and as at the aim or at 100 %,
 * whichever is more, on the way in; where both do not agree, nothing changes.
 */
function usage(seen: Seen, target: 'cpu' | 'memory', aim: number): TargetResult {
  const latest = seen.samples.at(-1)?.[target];
  if (latest === undefined || latest.known === 0) return noFigure(seen, target, aim);
  const sums = seen.samples.map((sample) => sample[target]).filter(({ known }) => known > 0);
  const known = meanOf(sums.map(({ sum }) => sum)) ?? 0;
  const filled = meanOf(sums.map((sum) => filledSum(sum, Math.max(100, aim)))) ?? 0;
  const out = countFor(known, aim, seen.current, seen.policy);
  const less = countFor(filled, aim, seen.current, seen.policy);
  const raw = out > seen.current ? out : Math.min(less, seen.current);
  return {
    ...{ target, aim, value: latest.sum / latest.known, raw },
    ...(latest.missing > 0 && { missing: `${latest.missing} of ${latest.known + latest.missing} instances` }),
  };
}

const filledSum = ({ sum, missing }: Sum, each: number): number => sum + missing * each;

type Total = 'requestsPerSecond' | 'concurrency' | 'kafkaLag' | 'prometheus';

/** Totals of a service, over the instances there are to be. Traffic is a mean of the latest seconds; the others are stocks. */
function total(seen: Seen, target: Total, aim: number): TargetResult {
  const latest = seen.samples.at(-1)?.[target];
  if (latest === undefined) return noFigure(seen, target, aim);
  const isStock = target === 'kafkaLag' || target === 'prometheus';
  const value = isStock ? latest : (meanOf(seen.samples.map((sample) => sample[target])) ?? latest);
  const asked = countFor(value, aim, seen.current, seen.policy);
  const raw = target === 'concurrency' ? withoutBacklog(seen, asked, aim) : asked;
  return { target, aim, value: value / Math.max(1, seen.current), raw };
}

/**
 * What waits for want of instances is no load: with enough of them it is gone. By Little's law (concurrency is rate times
 * time) as many are needed as the rate asks for at the pace from before; and half as many again work off what waits.
 */
function withoutBacklog({ state, samples, current, now }: Seen, asked: number, aim: number): number {
  const rate = meanOf(samples.map(({ requestsPerSecond }) => requestsPerSecond));
  if (asked <= current || state.pace === undefined || rate === undefined) return asked;
  if (now - state.pace.at >= PACE_MS) return asked;
  const enough = Math.ceil((rate * paceToCatchUp(state.pace)) / aim - EPSILON);
  return Math.max(current, Math.min(asked, enough));
}

/**
 * Requests in flight are counted at moments. Few of them say little: by chance there may have been none at each. So the pace
 * is taken as slow as it may well be: by two standard deviations of a Poisson count, and two requests more.
 */
function paceToCatchUp({ secondsEach, inFlight = 0, requests = 0 }: Pace): number {
  const atMost = requests === 0 ? Infinity : (inFlight + 2 * Math.sqrt(inFlight) + 2) / requests;
  return Math.max(secondsEach * CATCH_UP, atMost);
}

const isSettled = ({ state, now }: Seen): boolean =>
  state.ready.count > 0 && now - state.ready.since >= SETTLE_MS;
/** Some of those that there are to be do not run: what is seen is not what so many would show. */
const isWhole = ({ state, current }: Seen): boolean => state.ready.count >= current;

/** Seconds with the present count of instances: before, latencies and scores were those of another one. */
const settledSamples = ({ samples, state }: Seen): readonly Sample[] =>
  samples.filter(({ at }) => at >= state.ready.since);

/**
 * Latency says that there are too few instances, not how many are missing: out by the HPA's ratio, never beyond double;
 * in by one, where it is clearly below, and not to a load an instance at which it was above within the last hour.
 */
function latency(seen: Seen, aim: number): TargetResult {
  const target = 'p95Ms';
  const latest = seen.samples.at(-1);
  if (latest?.p95Ms === undefined) return noFigure(seen, target, aim);
  const { current, state, policy, now } = seen;
  const value = meanOf(settledSamples(seen).map(({ p95Ms }) => p95Ms)) ?? latest.p95Ms;
  const result = { target, aim, value } as const;
  if (!isSettled(seen)) return { ...result, raw: current };
  const ready = state.ready.count;
  const out = countFor(Math.min(value, 2 * aim) * ready, aim, ready, policy);
  if (value > aim || !isWhole(seen)) return { ...result, raw: Math.max(current, out) };
  const slowAt =
    state.slowAt && now - state.slowAt.at < LEARNED_MS ? state.slowAt.requestsPerSecond : Infinity;
  const load = meanOf(seen.samples.map(({ requestsPerSecond }) => requestsPerSecond)) ?? Infinity;
  const mayGo = value <= aim * CLEARLY_FAST && load / (current - 1) < slowAt * AS_MUCH;
  return { ...result, raw: mayGo ? current - 1 : current };
}

/**
 * The second seed's thresholds on the mean score, 100 = idle: below `high`, or with an instance below `critical`, there
 * are too few; above `low` there are too many. It added a step each time; here what all scores lack to 100 is shared out,
 * as with a total, so one decision is enough, and none goes where the others would then be below `high`.
 */
function score(seen: Seen, { high, low, critical }: ScoreThresholds): TargetResult {
  const target = 'score' as const;
  const latest = seen.samples.at(-1);
  if (latest === undefined || latest.deficit.known === 0) return noFigure(seen, target, high);
  const { current, policy } = seen;
  const samples = settledSamples(seen).filter(({ deficit }) => deficit.known > 0);
  const deficits = samples.length > 0 ? samples : [latest];
  const lacking = meanOf(deficits.map(({ deficit }) => deficit.sum)) ?? 0;
  // Without its score an instance counts as idle on the way out, and as at `high` on the way in.
  const cautious = meanOf(deficits.map(({ deficit }) => filledSum(deficit, 100 - high))) ?? 0;
  const value = 100 - lacking / Math.max(1, latest.deficit.known);
  const result = {
    ...{ target, aim: high, value },
    ...(latest.deficit.missing > 0 && { missing: `${latest.deficit.missing} of ${latest.ready} instances` }),
  } as const;
  if (!isSettled(seen)) return { ...result, raw: current };
  const needed = Math.ceil(lacking / (100 - high) - EPSILON);
  const isCritical = Math.min(...deficits.map(({ lowestScore }) => lowestScore ?? 100)) < critical;
  const out = Math.max(needed, isCritical ? latest.ready + 1 : 0);
  if (out > current || !isWhole(seen)) return { ...result, raw: Math.max(out, current) };
  const isLow = 100 - cautious / Math.max(1, latest.ready) > low;
  const isRoomLeft = cautious <= (100 - high) * (1 - policy.in.tolerance) * (current - 1);
  return { ...result, raw: isLow && isRoomLeft && !isCritical ? current - 1 : current };
}

/** What each target of the policy says, in the order in which they are written down. Pure. */
export function recommendations(seen: Seen): readonly TargetResult[] {
  const { targets } = seen.policy;
  const given = <T>(value: T | undefined, say: (aim: T) => TargetResult): readonly TargetResult[] =>
    value === undefined ? [] : [say(value)];
  return [
    ...given(targets.score, (aim) => score(seen, aim)),
    ...given(targets.cpu, (aim) => usage(seen, 'cpu', aim)),
    ...given(targets.memory, (aim) => usage(seen, 'memory', aim)),
    ...given(targets.requestsPerSecond, (aim) => total(seen, 'requestsPerSecond', aim)),
    ...given(targets.concurrency, (aim) => total(seen, 'concurrency', aim)),
    ...given(targets.p95Ms, (aim) => latency(seen, aim)),
    ...given(targets.kafkaLag, ({ perInstance }) => total(seen, 'kafkaLag', perInstance)),
    ...given(targets.prometheus, ({ perInstance }) => total(seen, 'prometheus', perInstance)),
  ];
}
