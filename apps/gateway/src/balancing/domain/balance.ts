import type { ServerFigures } from '../../data-plane/domain/server-figures.js';
import type { Profile } from '../../data-plane/domain/wanted.js';
import { type Judged, judged } from './faults.js';
import { adaptiveWeights, BASE, type Load, scoreWeights } from './laws.js';
import { type Override, overridden, type OverrideByName } from './overridden.js';
import { retriesHelp } from './retries.js';
import {
  type BalancingSettings,
  ejectionMs,
  type Ejections,
  type Fault,
  forgiven,
  mostOutOf,
  rampOf,
  type Standing,
  TRIAL_ANSWERS,
  TRIAL_WEIGHT,
} from './standing.js';
import { nextWeight } from './steps.js';
import { errorShareOf, latencyOf, type ResponseTimes, unwatched, type Watched, watched } from './watched.js';

/** An instance that is balanced. */
export interface Balanced {
  readonly name: string;
  readonly release?: string;
  /** It is to get requests, as far as the registry goes. */
  readonly isWanted: boolean;
  readonly watched: Watched;
  readonly standing: Standing;
  readonly ejections: Ejections;
  readonly weight: number;
  /** It may have stalled: it gets requests up to so many in flight, until it has shown. */
  readonly doubt?: { readonly mostInFlight: number };
  /** What an operator has set in its place. */
  readonly override?: Override;
}

export interface BalancedService {
  readonly id: string;
  readonly profile: Profile;
  readonly ejects: boolean;
  /** Of its own, or of the gateway. */
  readonly slowStartMs: number;
  /** Failed requests are sent to another instance, where that can do no harm. */
  readonly retries: boolean;
  /** A release that gets a part of the requests. */
  readonly canary?: { readonly release: string; readonly percent: number };
  readonly instances: readonly Balanced[];
}

/** What is said in the log, and counted. */
export type BalancingEvent =
  | ({ readonly service: string; readonly instance: string } & Said)
  | { readonly service: string; readonly kind: 'retries-off' | 'retries-on' };

type Said =
  | { readonly kind: 'ejected'; readonly fault: Fault; readonly why: string; readonly forMs: number }
  | { readonly kind: 'tried' | 'returned'; readonly fault: Fault };

/** What was seen since the last time, by the names of instances. */
export interface Look {
  readonly nowMs: number;
  readonly figures: ReadonlyMap<string, ServerFigures>;
  readonly times: ReadonlyMap<string, ResponseTimes>;
  /** Of another source, 0 to 100. */
  readonly scores: ReadonlyMap<string, number>;
  /** What operators have set. */
  readonly overrides: OverrideByName;
}

interface Next {
  readonly service: BalancedService;
  readonly events: readonly BalancingEvent[];
}

/** One that is new; it starts slowly where others serve already. */
export const newcomer = (name: string, nowMs: number, isFirst: boolean): Balanced => ({
  ...{ name, isWanted: true, watched: unwatched(nowMs), ejections: { count: 0, lastMs: 0 } },
  standing: { kind: 'ready', sinceMs: nowMs, ...(!isFirst && { rampFromMs: nowMs }) },
  weight: isFirst ? BASE : TRIAL_WEIGHT,
});

/** A service after a look at its instances. */
export function balanced(before: BalancedService, look: Look, settings: BalancingSettings): Next {
  const { nowMs } = look;
  const looked = before.instances.map((one) => lookedAt(one, look));
  const isOut = ({ standing }: Balanced): boolean => standing.kind === 'ejected';
  const serving = looked.filter((one) => one.isWanted && !isOut(one));
  const verdicts = judged(
    serving.map(({ watched: seen, standing }) => ({ watched: seen, isOnTrial: standing.kind === 'trial' })),
    settings.stallMs,
  );
  const byName = new Map(serving.map(({ name }, index) => [name, verdicts[index]] as const));
  const out = before.ejects ? toBeOut(looked, byName, settings) : new Set<string>();
  const moved = looked.map((one) => {
    const fault = out.has(one.name) ? byName.get(one.name)?.fault : undefined;
    return { one, ...(fault === undefined ? afterTime(one, nowMs) : ejected(one, fault, nowMs, settings)) };
  });
  const instances = overridden(
    weighed(
      before,
      moved.map(({ next }) => next),
      byName,
      look,
    ),
    look.overrides,
  );
  const retries = retriesHelp(
    before.retries,
    serving.map(({ watched: seen }) => seen),
  );
  const service = before.id;
  const events = moved.flatMap(({ one, said }): BalancingEvent[] =>
    said === undefined ? [] : [{ service, instance: one.name, ...said }],
  );
  if (retries !== before.retries) events.push({ service, kind: retries ? 'retries-on' : 'retries-off' });
  return { service: { ...before, instances, retries }, events };
}

function lookedAt(one: Balanced, { figures, times, nowMs }: Look): Balanced {
  const now = figures.get(one.name);
  if (now === undefined) return one;
  const seen = watched(one.watched, now, nowMs, times.get(one.name));
  if (one.standing.kind !== 'trial') return { ...one, watched: seen };
  const answered = one.standing.answered + answersBetween(one.watched, seen);
  return { ...one, watched: seen, standing: { ...one.standing, answered } };
}

/** Good ones alone. */
function answersBetween({ last: before }: Watched, { last: now }: Watched): number {
  if (before === undefined || now === undefined || before.source !== now.source) return 0;
  const good = ({ counters }: ServerFigures): number => counters.answers - counters.failedAnswers;
  return Math.max(0, good(now) - good(before));
}

/** The worst first, and as many as may be out: so that enough are left that can be connected to. */
function toBeOut(
  all: readonly Balanced[],
  verdicts: ReadonlyMap<string, Judged | undefined>,
  settings: BalancingSettings,
): ReadonlySet<string> {
  const wanted = all.filter(({ isWanted }) => isWanted);
  const serving = wanted.filter(({ standing }) => standing.kind !== 'ejected');
  const severity = ({ name }: Balanced): number => verdicts.get(name)?.fault?.severity ?? 0;
  let room = mostOutOf(wanted.length, settings) - (wanted.length - serving.length);
  const isUp = ({ watched: { last } }: Balanced): boolean => last?.isUp ?? true;
  let up = serving.filter(isUp).length;
  const out = new Set<string>();
  for (const one of serving
    .filter((each) => severity(each) > 0)
    .toSorted((a, b) => severity(b) - severity(a))) {
    const left = up - (isUp(one) ? 1 : 0);
    if (room <= 0 || left < 1) continue;
    room -= 1;
    up = left;
    out.add(one.name);
  }
  return out;
}

interface Moved {
  readonly next: Balanced;
  readonly said?: Said;
}

function ejected(
  one: Balanced,
  { kind: fault, why }: NonNullable<Judged['fault']>,
  nowMs: number,
  settings: BalancingSettings,
): Moved {
  const forMs = ejectionMs(one.ejections, settings);
  const standing: Standing = { kind: 'ejected', untilMs: nowMs + forMs, fault };
  const ejections = { count: one.ejections.count + 1, lastMs: forMs };
  return { next: { ...one, standing, ejections }, said: { kind: 'ejected', fault, why, forMs } };
}

/** What time alone brings: a trial after an ejection, the return after a trial, and that all is forgotten in the end. */
function afterTime(one: Balanced, nowMs: number): Moved {
  const { standing } = one;
  if (standing.kind === 'ejected' && nowMs >= standing.untilMs) {
    const { fault } = standing;
    const next = {
      ...one,
      watched: fresh(one.watched, nowMs),
      standing: trialOf(one, fault, nowMs),
      weight: TRIAL_WEIGHT,
    };
    return { next, said: { kind: 'tried', fault } };
  }
  if (standing.kind === 'trial' && standing.answered >= TRIAL_ANSWERS) {
    const next: Balanced = { ...one, standing: { kind: 'ready', sinceMs: nowMs, rampFromMs: nowMs } };
    return { next, said: { kind: 'returned', fault: standing.fault } };
  }
  return { next: { ...one, ejections: forgiven(one.ejections, standing, nowMs) } };
}

const trialOf = ({ watched: { last } }: Balanced, fault: Fault, nowMs: number): Standing => ({
  ...{ kind: 'trial', sinceMs: nowMs, fault, answered: 0 },
  mostInFlight: (last?.inFlight ?? 0) + 1,
});

/** What it did before it was taken out does not count against it, nor do requests that wait there since. */
const fresh = ({ last, times, answeredMs }: Watched, nowMs: number): Watched => ({
  ...unwatched(nowMs),
  ...{ last, times, answeredMs },
});

function weighed(
  { profile, slowStartMs }: BalancedService,
  all: readonly Balanced[],
  verdicts: ReadonlyMap<string, Judged | undefined>,
  { nowMs, scores }: Look,
): readonly Balanced[] {
  const doubted = all.map((one) => inDoubt(one, profile, verdicts.get(one.name)));
  const members = doubted.filter(({ isWanted, standing }) => isWanted && standing.kind === 'ready');
  const loads = members.map((one): Load => ({
    ...{ latencyMs: latencyOf(one.watched), errorShare: errorShareOf(one.watched), weight: one.weight },
    inFlight: (one.watched.last?.inFlight ?? 0) + (one.watched.last?.queued ?? 0),
    isStalled: verdicts.get(one.name)?.isStalled ?? false,
    ramp: rampOf(one.standing, nowMs, slowStartMs),
    score: scores.get(one.name),
  }));
  const wanted = profile === 'weighted' ? scoreWeights(loads) : adaptiveWeights(loads);
  const byName = new Map(
    members.map(({ name }, index) => [name, { load: loads[index], weight: wanted[index] }]),
  );
  return doubted.map((one) => {
    const { load, weight } = byName.get(one.name) ?? {};
    if (load === undefined || weight === undefined) return one;
    // A stall is no noise, and shares by scores are exact.
    const isExact = load.isStalled || profile === 'weighted';
    const next = isExact ? weight : nextWeight(one.weight, weight);
    return next === one.weight ? one : { ...one, weight: next };
  });
}

/** In turn, another request comes by itself; to the fewest in flight, none may, however long the one waits. */
function inDoubt({ doubt: _, ...one }: Balanced, profile: Profile, verdict: Judged | undefined): Balanced {
  if (verdict?.isInDoubt !== true || one.standing.kind !== 'ready' || profile === 'weighted') return one;
  return { ...one, doubt: { mostInFlight: (one.watched.last?.inFlight ?? 0) + 1 } };
}
