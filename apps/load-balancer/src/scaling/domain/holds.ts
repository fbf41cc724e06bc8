import type { Constraint, Explanation } from './decision.js';

/** Decisions that changed nothing, for one reason: one row, however long it goes on. */
export interface Hold {
  readonly reason: Constraint;
  readonly since: number;
  readonly until: number;
  readonly times: number;
  readonly explanation: Explanation;
  /** Whether its row lacks something. */
  readonly isUnwritten: boolean;
}

/** A reason that comes back within this time goes on: figures swing about a threshold. */
const SAME_MS = 60_000;
/** Rows are written so often at most; the first one at once. */
const WRITE_MS = 10_000;

/** Adds a decision that changed nothing. Reasons that are over and written are dropped. Pure. */
export function withHold(holds: readonly Hold[], explanation: Explanation, now: number): readonly Hold[] {
  const reason = explanation.constraint;
  const kept = holds.filter(({ until, isUnwritten }) => isUnwritten || now - until < SAME_MS);
  const known = kept.find((hold) => hold.reason === reason && now - hold.until < SAME_MS);
  if (known === undefined)
    return [...kept, { reason, since: now, until: now, times: 1, explanation, isUnwritten: true }];
  const next: Hold = { ...known, until: now, times: known.times + 1, explanation, isUnwritten: true };
  return kept.map((hold) => (hold === known ? next : hold));
}

/** After a change every reason begins anew. Pure. */
export const withChange = (holds: readonly Hold[]): readonly Hold[] =>
  holds.filter(({ isUnwritten }) => isUnwritten);

/** Which of them are due, given when they were written last. Pure. */
export const dueHolds = (holds: readonly Hold[], lastWritten: number, now: number): readonly Hold[] =>
  holds.filter(({ isUnwritten, times }) => isUnwritten && (times === 1 || now - lastWritten >= WRITE_MS));

export const written = (holds: readonly Hold[], done: readonly Hold[]): readonly Hold[] =>
  holds.map((hold) => (done.includes(hold) ? { ...hold, isUnwritten: false } : hold));
