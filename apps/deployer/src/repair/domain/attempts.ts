import type { Attempts } from './reconcile.js';

/** The last repair of an instance, as it is recorded. */
export interface RecordedRepair {
  /** With this one. */
  readonly attempts: number;
  /** Tries before this one that were no attempts, since the last that was. */
  readonly unplaced: number;
  /** Milliseconds since 1970. */
  readonly lastAt: number;
  /** The code with which its task failed, where it has one and that failed. */
  readonly error: string | null;
}

/** Failures that say nothing of the service: no node fits, or its node or the image registry does not answer. */
const OF_OTHERS: ReadonlySet<string | null> = new Set([
  ...['NO_NODE', 'NODE_UNREACHABLE', 'PULL_FAILED', 'PULL_TIMEOUT'],
]);

/** A try that failed so is no attempt: it only makes the next pause longer. */
export const isNoAttempt = (error: string | null): boolean => OF_OTHERS.has(error);

/** What was tried. */
export function attemptsOf({ attempts, unplaced, lastAt, error }: RecordedRepair): Attempts {
  return isNoAttempt(error)
    ? { count: attempts - 1, unplaced: unplaced + 1, lastAt }
    : { count: attempts, unplaced: 0, lastAt };
}
