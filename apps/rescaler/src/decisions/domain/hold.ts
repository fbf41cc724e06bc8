import type { Explanation } from '../../structures/domain/wish.js';

/** Decisions about one limit that changed nothing, for one reason: one row, however long it goes on. */
export interface Hold {
  readonly because: Explanation;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly until: number;
  readonly times: number;
  /** When its row was written last; absent before. */
  readonly writtenAt?: number;
}

/** A reason that comes back within this time goes on: figures swing about a threshold. */
const SAME_MS = 60_000;
/** Rows are written so often at most; the first one at once. */
const WRITE_MS = 10_000;

/** By reason. Adds a decision that changed nothing; reasons that are over and written are dropped. Pure. */
export function withHold(
  holds: ReadonlyMap<string, Hold>,
  because: Explanation,
  now: number,
): ReadonlyMap<string, Hold> {
  const kept = [...holds].filter(([, hold]) => !isWritten(hold) || now - hold.until < SAME_MS);
  const known = holds.get(because.constraint);
  const isSame = known !== undefined && now - known.until < SAME_MS;
  const next: Hold = isSame
    ? { ...known, because, until: now, times: known.times + 1 }
    : { because, since: now, until: now, times: 1 };
  return new Map([...kept, [because.constraint, next]]);
}

/** Whether its row lacks something, and is due. Pure. */
export const isDue = (hold: Hold, now: number): boolean =>
  !isWritten(hold) && (hold.writtenAt === undefined || now - hold.writtenAt >= WRITE_MS);

export const isWritten = ({ writtenAt, until }: Hold): boolean =>
  writtenAt !== undefined && writtenAt >= until;
