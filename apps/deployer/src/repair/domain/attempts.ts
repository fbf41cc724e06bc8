import type { Attempts } from './reconcile.js';

/** The last repair of an instance, as it is recorded. */
export interface RecordedRepair {
  /** With this one. */
  readonly attempts: number;
  /** Tries before this one that found no node, since the last that did. */
  readonly unplaced: number;
  /** Milliseconds since 1970. */
  readonly lastAt: number;
  /** The code with which its task failed, where it has one and that failed. */
  readonly error: string | null;
}

/** What was tried. No place is no attempt: a repair whose task found no node only makes the next pause longer. */
export function attemptsOf({ attempts, unplaced, lastAt, error }: RecordedRepair): Attempts {
  return error === 'NO_NODE'
    ? { count: attempts - 1, unplaced: unplaced + 1, lastAt }
    : { count: attempts, unplaced: 0, lastAt };
}
