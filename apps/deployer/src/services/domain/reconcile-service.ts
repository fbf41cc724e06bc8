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
  /** Tries since then for which there was no node: they make the pause longer, and are no attempts. */
  readonly unplaced: number;
  /** Milliseconds since 1970. */
  readonly lastAt: number;
}

export type ServiceAction =
  | { readonly kind: 'restore'; readonly attempt: number }
  /** Until when; undefined: given up until something changes. */
  | { readonly kind: 'wait'; readonly until?: number };

export interface ServiceLimits {
  /** Attempts after which a service is left alone until something changes. */
  readonly attempts: number;
  backoffMs(attempt: number): number;
}

/**
 * What is done about a service that does not run what is wanted. Tries are counted anew once something changed that may
 * help: the spec (a release, a count, limits) or a node. Pure.
 */
export function reconcileService(drift: ServiceDrift, now: number, limits: ServiceLimits): ServiceAction {
  const { count, unplaced, lastAt } = triesOf(drift);
  const tries = count + unplaced;
  if (tries === 0) return { kind: 'restore', attempt: 1 };
  if (count >= limits.attempts) return { kind: 'wait' };
  const until = lastAt + limits.backoffMs(tries);
  return now < until ? { kind: 'wait', until } : { kind: 'restore', attempt: count + 1 };
}

const NO_TRIES = { count: 0, unplaced: 0, lastAt: 0 };

/** The tries that still count. */
export function triesOf({ tries, revision, nodesChangedAt = 0 }: ServiceDrift) {
  const isSame = tries !== undefined && tries.revision === revision && nodesChangedAt <= tries.lastAt;
  return isSame ? tries : NO_TRIES;
}

/** A try for which there was no node was none, as if the service had only waited. */
export function settledTries(tries: ServiceTries, error: string | undefined): ServiceTries {
  return error === 'NO_NODE' && tries.count > 0
    ? { ...tries, count: tries.count - 1, unplaced: tries.unplaced + 1 }
    : tries;
}
