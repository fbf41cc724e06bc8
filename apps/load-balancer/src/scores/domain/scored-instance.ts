import type { ObservedInstance } from '#libs/observations';
import type { InstanceFigures } from './instance-figures.js';
import { type Answers, nextAnswers, trustIn } from './availability.js';
import type { InstanceScore } from './instance-score.js';
import { overallOf, roomLeft, type Weights } from './overall.js';
import { smoothed } from './smoothed.js';
import { nextUtilisation, type Utilisation } from './states.js';
import type { Used } from './used.js';

export interface ScoreRules {
  readonly weights: Weights;
  /** How much the newest second counts, above 0 and up to 1. */
  readonly alpha: number;
  /** The speed of the lines of nodes, in Mbit/s; undefined where it is not known. */
  readonly lineMbits?: number;
}

/** What is remembered of one instance. */
export interface ScoredInstance {
  readonly instance: string;
  readonly identity: ObservedInstance['identity'];
  readonly node: string;
  /** Smoothed. */
  readonly used: Used;
  readonly answers: Answers | undefined;
  readonly overall: number;
  readonly utilisation: Utilisation;
  /** How many seconds of it were measured, up to `STARTED_SECONDS`. */
  readonly seconds: number;
  /** Of the last of them, in milliseconds since 1970. */
  readonly at: number;
}

/** The first seconds are the work of a start, such as compilation: they say little about the load. */
const STARTED_SECONDS = 5;

/** What others remembered of an instance, for a replica that sees it for the first time. */
export type Remembered = Pick<ScoredInstance, 'answers' | 'utilisation'> & { readonly container: string };

export interface InstanceSecond {
  readonly instance: string;
  readonly identity: ObservedInstance['identity'];
  readonly node: string;
  readonly used: Used;
  readonly figures: InstanceFigures | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * What is known of an instance after one second more.
 * @returns undefined where nothing of it was ever measured
 */
export function nextScored(
  before: ScoredInstance | undefined,
  second: InstanceSecond,
  rules: ScoreRules,
  remembered?: Remembered,
): ScoredInstance | undefined {
  const { identity, at } = second;
  // A container of the same name that is another one has not been measured yet.
  const known = before?.identity.container === identity.container ? before : undefined;
  const kept = remembered?.container === identity.container ? remembered : undefined;
  const used = nextUsed(known, second, rules);
  const answers = answersAfter(known === undefined ? kept?.answers : known.answers, second, rules);
  const overall = overallOf(partsOf(used, answers), rules.weights, answers && trustIn(answers, at));
  if (overall === undefined) return undefined;
  const { instance, node } = second;
  return {
    ...{ instance, identity, node, used, answers, overall, at },
    utilisation: nextUtilisation(known === undefined ? kept?.utilisation : known.utilisation, overall),
    seconds: Math.min(STARTED_SECONDS, (known?.seconds ?? 0) + 1),
  };
}

function nextUsed(before: ScoredInstance | undefined, second: InstanceSecond, { alpha }: ScoreRules): Used {
  const seconds = before === undefined ? 0 : (second.at - before.at) / 1_000;
  const next = (name: keyof Used): Used => {
    const now = second.used[name];
    return now === undefined ? {} : { [name]: smoothed(before?.used[name], now, { seconds, alpha }) };
  };
  const { cpuLimit, memoryLimit } = second.used;
  return {
    ...{ ...next('cpuPercent'), ...next('memoryPercent'), ...next('networkPercent') },
    ...(cpuLimit !== undefined && { cpuLimit }),
    ...(memoryLimit !== undefined && { memoryLimit }),
  };
}

/** A second without answers says nothing: they stay what they were. */
function answersAfter(
  before: Answers | undefined,
  { figures }: InstanceSecond,
  { alpha }: ScoreRules,
): Answers | undefined {
  if (figures === undefined || figures.at <= (before?.at ?? 0)) return before;
  const { meanMs, requestsPerSecond, errorsPerSecond, at } = figures;
  if (meanMs === undefined && errorsPerSecond === 0) return before;
  const errorShare =
    errorsPerSecond === 0 ? 0 : Math.min(1, errorsPerSecond / Math.max(requestsPerSecond, errorsPerSecond));
  return nextAnswers(
    before,
    { ...(meanMs !== undefined && { time: meanMs / 1_000 }), errorShare, at },
    alpha,
  );
}

function partsOf({ cpuPercent, memoryPercent, networkPercent }: Used, answers: Answers | undefined) {
  return {
    ...(cpuPercent !== undefined && { cpu: roomLeft(cpuPercent) }),
    ...(memoryPercent !== undefined && { memory: roomLeft(memoryPercent) }),
    ...(networkPercent !== undefined && { network: roomLeft(networkPercent) }),
    ...(answers !== undefined && { availability: answers.score }),
  };
}

/** Reading changes nothing. */
export function scoreOf(scored: ScoredInstance, isDraining: boolean): InstanceScore {
  const { instance, identity, node, used, answers, overall, utilisation, seconds, at } = scored;
  const { networkPercent: _network, ...own } = used;
  const state = seconds < STARTED_SECONDS ? 'INIT' : utilisation;
  const isTrusted = answers !== undefined && trustIn(answers, at) > 0;
  return {
    ...{ instance, appId: identity.appId, service: identity.service, node, container: identity.container },
    ...partsOf(used, isTrusted ? answers : undefined),
    ...{ overall, state: isDraining ? 'SUNDOWN' : state, used: own, at },
  };
}
