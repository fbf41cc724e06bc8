import type { TaskError } from '#libs/contracts';

/** How the task of a try failed. */
export type Failure = Pick<TaskError, 'code' | 'message'>;

/** What was tried to bring an instance back. */
export interface Attempts {
  readonly count: number;
  /** Tries since then that were no attempts, such as for want of a node: they make the pause longer. */
  readonly uncounted?: number;
  /** Milliseconds since 1970. */
  readonly lastAt: number;
  /** How the last try failed. */
  readonly error?: Failure;
}

/** The last repair of an instance, as it is recorded. */
export interface RecordedRepair {
  /** With this one. */
  readonly attempts: number;
  /** Tries before this one that were no attempts, since the last that was. */
  readonly uncounted: number;
  /** Milliseconds since 1970. */
  readonly lastAt: number;
  /** Of its task, where it has one and that failed. */
  readonly error: Failure | null;
}

/** Failures that say nothing of the service: no node fits, or its node or the image registry does not answer. */
const OF_OTHERS: ReadonlySet<string> = new Set([
  'NO_NODE',
  'NODE_UNREACHABLE',
  'PULL_TIMEOUT',
  'REGISTRY_UNREACHABLE',
]);

/** A try that failed so is no attempt: it only makes the next pause longer. */
export const isNoAttempt = (error: Failure | null): boolean => error !== null && OF_OTHERS.has(error.code);

/** What was tried. */
export function attemptsOf({ attempts, uncounted, lastAt, error }: RecordedRepair): Attempts {
  const tried = { lastAt, error: error ?? undefined };
  return isNoAttempt(error)
    ? { count: attempts - 1, uncounted: uncounted + 1, ...tried }
    : { count: attempts, uncounted: 0, ...tried };
}
