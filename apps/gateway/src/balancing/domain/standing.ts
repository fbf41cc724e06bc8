/** Why an instance is taken out. */
export type Fault = 'stalled' | 'failing';

/** How an instance stands. */
export type Standing =
  /** It gets its share; at first the smaller one of a slow start that began then. */
  | { readonly kind: 'ready'; readonly sinceMs: number; readonly rampFromMs?: number }
  /** It gets no requests. */
  | { readonly kind: 'ejected'; readonly untilMs: number; readonly fault: Fault }
  /** It gets one request at a time, beside those that it never answered, and shows whether its fault is over. */
  | {
      readonly kind: 'trial';
      readonly sinceMs: number;
      readonly fault: Fault;
      readonly answered: number;
      readonly mostInFlight: number;
    };

/** How long an instance was taken out the last times: another time is twice as long. */
export interface Ejections {
  /** In a row. */
  readonly count: number;
  readonly lastMs: number;
}

export interface BalancingSettings {
  /** An instance that holds requests and answers none for so long has stalled, where its service is usually faster. */
  readonly stallMs: number;
  /** How long an instance is taken out for the first time. */
  readonly ejectMs: number;
  /** Of the instances of a service, how many may be out at a time: 0 to 1. One of two may always. */
  readonly mostOut: number;
  readonly slowStartMs: number;
}

const LONGEST_EJECTION_MS = 300_000;
/** An instance that was well for so long has no past. */
const FORGIVEN_MS = 60_000;
/** A slow start begins with this share. */
const FIRST_SHARE = 0.1;
/** So many answers end a trial. */
export const TRIAL_ANSWERS = 3;
export const TRIAL_WEIGHT = 10;

/** A ramp from the first share to the whole. */
export function rampOf(standing: Standing, nowMs: number, slowStartMs: number): number {
  if (standing.kind !== 'ready' || standing.rampFromMs === undefined || slowStartMs === 0) return 1;
  const share = (nowMs - standing.rampFromMs) / slowStartMs;
  return Math.min(1, Math.max(FIRST_SHARE, share));
}

/** How long it is taken out: twice as long each time in a row, five minutes at most. */
export const ejectionMs = ({ count }: Ejections, { ejectMs }: BalancingSettings): number =>
  Math.min(Math.max(ejectMs, LONGEST_EJECTION_MS), ejectMs * 2 ** count);

/** How many of a service's instances may be out: never all, and one of two. */
export const mostOutOf = (instances: number, { mostOut }: BalancingSettings): number =>
  instances < 2 ? 0 : Math.min(instances - 1, Math.max(1, Math.floor(instances * mostOut)));

/** Forgets the ejections of an instance that has been well for long enough since. */
export function forgiven(ejections: Ejections, standing: Standing, nowMs: number): Ejections {
  const isWell =
    standing.kind === 'ready' && nowMs - standing.sinceMs >= Math.max(FORGIVEN_MS, 2 * ejections.lastMs);
  return isWell ? { count: 0, lastMs: 0 } : ejections;
}
