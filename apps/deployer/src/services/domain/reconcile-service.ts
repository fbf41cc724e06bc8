import { FORGOTTEN_AFTER_MS } from '../../repair/domain/backoff.js';
import { isNoAttempt, type Failure } from '../../repair/domain/attempts.js';

/** A service that does not run what is wanted. */
export interface ServiceDrift {
  readonly appId: string;
  readonly appName: string;
  readonly service: string;
  /** The revision of its spec. */
  readonly revision: number;
  readonly wanted: number;
  readonly running: number;
  /** The tries since the last change that could make a difference. */
  readonly tries?: ServiceTries;
  /** When a node joined, or answered again, last; milliseconds since 1970. */
  readonly nodesChangedAt?: number;
}

export interface ServiceTries {
  /** The spec's revision at the last try. */
  readonly revision: number;
  readonly count: number;
  /** Tries since then that were no attempts, such as for want of a node: they make the pause longer. */
  readonly uncounted: number;
  /** Milliseconds since 1970. */
  readonly lastAt: number;
  /** The last one did: the service ran what was wanted then. */
  readonly succeeded: boolean;
  /** The service is left alone, and that was said. */
  readonly givenUp: boolean;
  /** How the last one failed. */
  readonly error?: Failure;
}

/** The tries as they are recorded, with how the task of the last one ended; null where it has not. */
export interface RecordedTries extends Pick<ServiceTries, 'revision' | 'count' | 'uncounted' | 'lastAt'> {
  readonly status: string | null;
  readonly error: Failure | null;
}

/** The count of a service that was given up: more than any limit. */
export const GIVEN_UP = 1_000_000;

export type ServiceAction =
  | { readonly kind: 'restore'; readonly attempt: number }
  /** Until when; undefined: given up until something changes. */
  | { readonly kind: 'wait'; readonly until?: number }
  /** The last attempt that it had helped, but not for long: the service waits until its tries are forgotten. */
  | { readonly kind: 'wait-for-attempts'; readonly attempts: number; readonly until: number }
  | { readonly kind: 'give-up'; readonly attempts: number };

export interface ServiceLimits {
  /** Attempts after which a service is left alone until something changes. */
  readonly attempts: number;
  backoffMs(attempt: number): number;
}

/**
 * What is done about a service that does not run what is wanted. Tries are counted anew once something changed that may
 * help: the spec (a release, a count, limits) or a node; and where the last one helped for long enough. Pure.
 */
export function reconcileService(drift: ServiceDrift, now: number, limits: ServiceLimits): ServiceAction {
  const { count, uncounted, lastAt, succeeded, givenUp } = triesOf(drift, now);
  const tries = count + uncounted;
  if (tries === 0) return { kind: 'restore', attempt: 1 };
  if (givenUp) return { kind: 'wait' };
  const isLast = count >= limits.attempts;
  if (isLast && !succeeded) return { kind: 'give-up', attempts: count };
  // Still to come, or `triesOf` would have forgotten them.
  if (isLast) return { kind: 'wait-for-attempts', attempts: count, until: lastAt + FORGOTTEN_AFTER_MS };
  const until = lastAt + limits.backoffMs(tries);
  return now < until ? { kind: 'wait', until } : { kind: 'restore', attempt: count + 1 };
}

const NO_TRIES = { count: 0, uncounted: 0, lastAt: 0, succeeded: false, givenUp: false };

/** The tries that still count. */
export function triesOf({ tries, revision, nodesChangedAt = 0 }: ServiceDrift, now: number) {
  if (tries === undefined || tries.revision !== revision || nodesChangedAt > tries.lastAt) return NO_TRIES;
  return tries.succeeded && now - tries.lastAt >= FORGOTTEN_AFTER_MS ? NO_TRIES : tries;
}

/** What the end of the last try makes of them. */
export function settledTries({ status, error, ...recorded }: RecordedTries): ServiceTries {
  const givenUp = recorded.count >= GIVEN_UP;
  const succeeded = !givenUp && status !== null && status !== 'failed';
  const tries = { ...recorded, succeeded, givenUp, error: error ?? undefined };
  return !givenUp && tries.count > 0 && isNoAttempt(error)
    ? { ...tries, count: tries.count - 1, uncounted: tries.uncounted + 1 }
    : tries;
}
