import {
  FEED_PROTOCOL,
  type FeedEntry,
  type FeedOverride,
  type FeedScores,
  type FromLoadBalancer,
} from '#libs/contracts';

/** What a connection has brought so far. */
export interface FeedSession {
  readonly isWelcome: boolean;
  /** What is known; undefined until a snapshot is whole. */
  readonly revision: number | undefined;
  /** The pieces of a snapshot that is not whole yet. */
  readonly pieces?: { readonly revision: number; readonly entries: readonly (readonly FeedEntry[])[] };
}

/** What there is to tell: all that is known, or what changed since. */
export interface FeedNews {
  readonly revision: number;
  readonly isWhole: boolean;
  readonly entries: readonly FeedEntry[];
}

export type Received =
  | {
      readonly session: FeedSession;
      readonly news?: FeedNews;
      readonly scores?: FeedScores;
      readonly overrides?: readonly FeedOverride[];
    }
  /** The connection is of no use any more. */
  | { readonly problem: string };

/** A new connection of who knows this revision already, or nothing. */
export const sessionFrom = (revision: number | undefined): FeedSession => ({ isWelcome: false, revision });

/** Messages come in order, and none may be missing: what does not fit is a problem, never a guess. */
export function received(session: FeedSession, message: FromLoadBalancer): Received {
  if (message.type === 'welcome') {
    if (session.isWelcome) return { problem: 'a second welcome came' };
    if (message.protocol !== FEED_PROTOCOL) return { problem: `expected protocol ${FEED_PROTOCOL}` };
    return { session: { ...session, isWelcome: true } };
  }
  if (!session.isWelcome) return { problem: `expected welcome before ${message.type}` };
  if (message.type === 'snapshot') return withPiece(session, message);
  if (message.type === 'scores') return { session, scores: message };
  if (message.type === 'overrides') return { session, overrides: message.overrides };
  const { from, revision, entries } = message;
  if (session.pieces !== undefined) return { problem: 'changes came within a snapshot' };
  if (from !== session.revision || revision < from) return { problem: 'changes are missing' };
  return { session: { isWelcome: true, revision }, news: { revision, isWhole: false, entries } };
}

function withPiece(
  session: FeedSession,
  { revision, piece, pieces, entries }: Extract<FromLoadBalancer, { readonly type: 'snapshot' }>,
): Received {
  const before = session.pieces ?? { revision, entries: [] };
  if (before.revision !== revision || before.entries.length !== piece - 1 || piece > pieces)
    return { problem: 'a piece of a snapshot is missing' };
  const all = [...before.entries, entries];
  if (piece < pieces) return { session: { ...session, pieces: { revision, entries: all } } };
  return {
    session: { isWelcome: true, revision },
    news: { revision, isWhole: true, entries: all.flat() },
  };
}
