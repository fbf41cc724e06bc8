import type { Constraint, Explanation } from './decision.js';

/** Decisions that changed nothing, for one reason: one row, however long it goes on. */
export interface Unchanged {
  readonly reason: Constraint;
  readonly since: number;
  readonly until: number;
  readonly times: number;
  readonly explanation: Explanation;
  /** Whether its row lacks something. */
  readonly isUnwritten: boolean;
}

/** A reason that comes back within this time goes on: figures swing about a threshold. */
export const SAME_MS = 60_000;
/** Rows are written so often at most; the first one at once. */
const WRITE_MS = 10_000;

/** Adds a decision that changed nothing. Reasons that are over and written are dropped. Pure. */
export function withUnchanged(
  decisions: readonly Unchanged[],
  explanation: Explanation,
  now: number,
): readonly Unchanged[] {
  const reason = explanation.constraint;
  const kept = decisions.filter(({ until, isUnwritten }) => isUnwritten || now - until < SAME_MS);
  const known = kept.find((one) => one.reason === reason && now - one.until < SAME_MS);
  if (known === undefined)
    return [...kept, { reason, since: now, until: now, times: 1, explanation, isUnwritten: true }];
  const next: Unchanged = { ...known, until: now, times: known.times + 1, explanation, isUnwritten: true };
  return kept.map((one) => (one === known ? next : one));
}

/** After a change every reason begins anew. Pure. */
export const withChange = (decisions: readonly Unchanged[]): readonly Unchanged[] =>
  decisions.filter(({ isUnwritten }) => isUnwritten);

/** Which of them are to be written, given when they were last. Pure. */
export const dueOf = (
  decisions: readonly Unchanged[],
  lastWritten: number,
  now: number,
): readonly Unchanged[] =>
  decisions.filter(({ isUnwritten, times }) => isUnwritten && (times === 1 || now - lastWritten >= WRITE_MS));

export const written = (decisions: readonly Unchanged[], done: readonly Unchanged[]): readonly Unchanged[] =>
  decisions.map((one) => (done.includes(one) ? { ...one, isUnwritten: false } : one));
