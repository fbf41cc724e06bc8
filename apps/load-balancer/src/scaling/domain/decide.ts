import type { Constraint, DecideInput, Decision, Explanation } from './decision.js';
import { sampleOf } from './figures.js';
import { changesKeptMs, limitIn, limitOut, type Limited, recommendedKeptMs } from './limits.js';
import { LEARNED_MS, recommendations, type Seen, type TargetResult } from './recommend.js';
import { type ScalingState, withRecommended } from './state.js';

/** Knative leaves its panic mode when so long nothing has called for it (its stable window). */
const CALM_MS = 60_000;
/** So long an instance may take to its first request. After that nothing is known of it that another start would not mend. */
const LONGEST_START_MS = 600_000;

/**
 * How many instances there are to be, and why. Called once a second or so, with the state that it gave back last. Pure:
 * the same input gives the same decision on every replica.
 *
 * The highest count of any target wins (HPA). What limits it stands in `limits.ts`, each target in `recommend.ts`.
 */
export function decide(input: DecideInput): Decision {
  const seen = look(input);
  const targets = recommendations(seen);
  const isPanicking = panics(seen, targets) || (input.state.panicUntil ?? 0) > input.now;
  const wish = wishOf(input, seen, targets);
  const limited = whileNodesAnswer(input, withinBounds(input, limitedWish(input, seen, wish, isPanicking)));
  const explanation: Explanation = {
    current: input.current,
    ...{ raw: wish.raw, count: limited.count, bounds: input.bounds, ready: input.figures.instances.length },
    constraint: limited.constraint ?? wish.constraint,
    ...(wish.by !== undefined && { by: wish.by }),
    ...{ targets, isPanicking },
    ...(input.expected !== undefined && { expected: input.expected }),
  };
  return { count: limited.count, explanation, state: nextState(input, seen, wish, limited.count, targets) };
}

/** What is known now, and of the seconds before. */
function look({ policy, figures, current, state, now }: DecideInput): Seen {
  const sample = sampleOf(figures, now);
  const { windowMs } = policy.panic;
  const samples = [...state.samples.filter(({ at }) => at > now - windowMs && at < now), sample];
  const ready = state.ready.count === sample.ready ? state.ready : { count: sample.ready, since: now };
  const { missing } = figures;
  return { policy, samples, current, now, missing, state: { ...state, ready, activeAt: activeAt() } };

  function activeAt(): number {
    const { traffic, kafkaLag = 0, prometheus = 0 } = figures;
    const isBusy =
      traffic !== undefined && traffic.requestsPerSecond + traffic.inFlight + traffic.waiting > 0;
    if (isBusy || kafkaLag > 0 || prometheus > 0 || isStarting()) return now;
    return Math.min(now, Math.max(state.activeAt, traffic?.lastRequestAt ?? 0));
  }

  /** What was woken is not idle before it can take a request: a slow start would else be ended, again and again. */
  function isStarting(): boolean {
    return current > 0 && ready.count === 0 && now - ready.since < LONGEST_START_MS;
  }
}

/** What is wished for before the limits. */
interface Wish {
  readonly count: number;
  readonly raw: number;
  readonly constraint: Constraint;
  readonly by?: string;
  /** Neither cooldown nor stabilisation nor rate apply. */
  readonly isAtOnce?: boolean;
}

function wishOf(input: DecideInput, seen: Seen, targets: readonly TargetResult[]): Wish {
  const { policy, current, bounds, figures, isWoken, expected } = input;
  const best = targets.reduce<TargetResult | undefined>(
    (most, result) => ((result.raw ?? -1) > (most?.raw ?? -1) ? result : most),
    undefined,
  );
  const raw = best?.raw ?? current;
  const by = best?.target;
  const isWaiting = isWoken || (figures.traffic?.waiting ?? 0) > 0;
  if (current === 0 && (isWaiting || raw > 0))
    return { count: Math.max(1, raw), raw, constraint: 'wake', isAtOnce: true, ...(by && { by }) };
  const isMissing = targets.some((result) => result.raw === undefined);
  if (isIdle(input, seen)) return { count: 0, raw: 0, constraint: 'idle', isAtOnce: true };
  // From one to none only by `idle`: the last one goes once there was nothing to do for a while.
  const least = current === 0 ? 0 : Math.max(1, isMissing ? Math.max(raw, current) : raw);
  const foreseen = policy.prediction === 'on' ? (expected?.count ?? 0) : 0;
  if (foreseen > least) {
    const kept = Math.min(foreseen, bounds.max);
    if (kept > current)
      return { count: kept, raw, constraint: 'prediction', by: expected?.target ?? 'prediction' };
    if (kept > least) return { count: kept, raw, constraint: 'prediction', ...(by && { by }) };
  }
  const constraint = isMissing && raw < current ? 'missing' : least === current ? 'steady' : 'target';
  return { count: least, raw, constraint, ...(by && { by }) };
}

/** Nothing to do for `idleMs`, for certain: with no figures of traffic nobody knows. */
function isIdle({ policy, bounds, figures, current, isWoken, now }: DecideInput, { state }: Seen): boolean {
  const { idleMs, targets } = policy;
  if (current === 0 || bounds.min > 0 || idleMs === undefined || isWoken) return false;
  const isKnown =
    figures.traffic !== undefined &&
    (targets.kafkaLag === undefined || figures.kafkaLag !== undefined) &&
    (targets.prometheus === undefined || figures.prometheus !== undefined);
  return isKnown && now - state.activeAt >= idleMs;
}

function limitedWish(input: DecideInput, seen: Seen, wish: Wish, isPanicking: boolean): Limited {
  const { policy, current, now, isRollingOut } = input;
  const keptMs = recommendedKeptMs(policy);
  const { recommended, changes } = seen.state;
  const facts = { policy, current, changes, now, recommended, count: wish.count, keptMs };
  if (wish.count > current) {
    if (wish.isAtOnce) return { count: wish.count, constraint: undefined };
    return isPanicking ? { count: wish.count, constraint: 'panic' } : limitOut(facts);
  }
  if (wish.count === current) return { count: current, constraint: undefined };
  if (isRollingOut) return { count: current, constraint: 'rollout' };
  if (wish.isAtOnce) return { count: wish.count, constraint: undefined };
  return isPanicking ? { count: current, constraint: 'panic' } : limitIn(facts);
}

/** The bounds hold at once, whatever else limits: but nothing goes while a rollout is under way, or as it is idle. */
function withinBounds({ bounds, current, isRollingOut }: DecideInput, limited: Limited): Limited {
  const { min, max } = bounds;
  const most = isRollingOut ? Math.max(max, current) : max;
  // Stopped for want of work: `min: 0` allows it, and a window with a minimum of its own starts it again.
  if (limited.count < min) return { count: min, constraint: 'min' };
  if (limited.count > most) return { count: most, constraint: 'max' };
  return limited;
}

/** No node could start or stop anything, and nothing is measured: what would be decided is decided once they answer. */
const whileNodesAnswer = ({ current, areNodesAway = false }: DecideInput, limited: Limited): Limited =>
  areNodesAway ? { count: current, constraint: 'unreachable' } : limited;

/**
 * Knative's panic mode: the load of the panic window (6 s) needs so many percent of the instances that take requests
 * (200). Then the limits on the way out do not count, and nothing is scaled in for a stable window (knative.dev,
 * "Additional autoscaling configuration"). Of traffic alone: CPU of starting processes proves no load.
 */
function panics({ policy, state, current }: Seen, targets: readonly TargetResult[]): boolean {
  if (current === 0) return false;
  return targets.some(
    ({ target, raw = 0 }) =>
      (target === 'requestsPerSecond' || target === 'concurrency') &&
      raw > current &&
      raw >= (Math.max(1, state.ready.count) * policy.panic.percent) / 100,
  );
}

function nextState(
  { policy, current, now }: DecideInput,
  seen: Seen,
  wish: Wish,
  count: number,
  targets: readonly TargetResult[],
): ScalingState {
  const { state, samples } = seen;
  const recent = state.changes.filter(({ at }) => now - at < changesKeptMs(policy));
  const isWoken = count > 0 && current === 0;
  const panicUntil = panics(seen, targets) ? now + CALM_MS : state.panicUntil;
  const slowAt = lowestSlow(slowNow(seen, targets), state.slowAt, now);
  const pace = paceNow(seen) ?? state.pace;
  return {
    samples,
    recommended: withRecommended(state.recommended, wish.count, now, recommendedKeptMs(policy)),
    changes: count === current ? recent : [...recent, { at: now, from: current, to: count }],
    ready: isWoken ? { count: 0, since: now } : state.ready,
    activeAt: isWoken ? now : state.activeAt,
    ...(panicUntil !== undefined && panicUntil > now && { panicUntil }),
    ...(pace !== undefined && { pace }),
    ...(slowAt !== undefined && { slowAt }),
  };
}

/** For the pace, a second counts so much less a second later. */
const PACE_KEPT = 0.9;
/** Of its aim; above, requests wait for each other. */
const AT_EASE = 1.2;

/** The pace with this second, if none of its requests wait for want of an instance. */
function paceNow({ policy: { targets }, samples, state, now }: Seen): ScalingState['pace'] {
  const { requestsPerSecond = 0, concurrency = 0, waiting = 0, ready = 0 } = samples.at(-1) ?? {};
  const aim = targets.concurrency;
  if (aim === undefined || requestsPerSecond === 0 || waiting > 0) return undefined;
  if (concurrency > ready * aim * AT_EASE) return undefined;
  const before = state.pace;
  const inFlight = (before?.inFlight ?? 0) * PACE_KEPT + concurrency;
  const requests = (before?.requests ?? 0) * PACE_KEPT + requestsPerSecond;
  return { secondsEach: inFlight / requests, inFlight, requests, at: now };
}

/** The lowest load at which answers were slow stays, for as long as it is remembered: a higher one says nothing new. */
function lowestSlow(
  slow: ScalingState['slowAt'],
  before: ScalingState['slowAt'],
  now: number,
): ScalingState['slowAt'] {
  if (slow === undefined || before === undefined || now - before.at >= LEARNED_MS) return slow ?? before;
  return { at: now, requestsPerSecond: Math.min(slow.requestsPerSecond, before.requestsPerSecond) };
}

/** The load an instance at which answers take too long now, in requests a second; undefined while they do not. */
function slowNow(
  { samples, state, now, policy }: Seen,
  targets: readonly TargetResult[],
): ScalingState['slowAt'] {
  const latency = targets.find(({ target }) => target === 'p95Ms');
  const load = samples.at(-1)?.requestsPerSecond;
  if (latency?.value === undefined || load === undefined || state.ready.count === 0) return undefined;
  if (latency.value <= latency.aim * (1 + policy.out.tolerance)) return undefined;
  return { requestsPerSecond: load / state.ready.count, at: now };
}
