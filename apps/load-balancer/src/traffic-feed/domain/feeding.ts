import type { FromLoadBalancer } from '#libs/contracts';
import type { FeedLog, SnapshotPieces } from './feed-log.js';

/** How far one gateway is. */
export interface Feeding {
  /** What it was sent, or knew before. Undefined where it needs a snapshot. */
  readonly revision: number | undefined;
  /** It is to hear of its revision in any case, also where nothing changed. */
  readonly isOwed: boolean;
  /** The snapshot that is being sent, and which piece is next. */
  readonly snapshot?: SnapshotPieces & { readonly next: number };
}

export interface Fed {
  readonly message: FromLoadBalancer;
  readonly feeding: Feeding;
}

/** Of entries in one message: usually it stays below 300 KiB. */
export const PIECE_SIZE = 500;

/** What is to be sent next; undefined where there is nothing. */
export function feedOn(log: FeedLog, feeding: Feeding): Fed | undefined {
  if (feeding.snapshot !== undefined) return nextPiece(feeding.snapshot);
  const { revision, isOwed } = feeding;
  const changes = revision === undefined ? undefined : log.since(revision, PIECE_SIZE);
  if (revision === undefined || changes === undefined) {
    const snapshot = log.snapshot();
    return snapshot && nextPiece({ ...snapshot, next: 0 });
  }
  if (changes.entries.length === 0 && !isOwed) return undefined;
  return {
    message: { type: 'changes', from: revision, revision: changes.revision, entries: changes.entries },
    feeding: { revision: changes.revision, isOwed: false },
  };
}

/** The same, so that it also hears of revisions that changed nothing for it. */
export const owed = (log: FeedLog, feeding: Feeding): Feeding =>
  feeding.revision === log.revision ? feeding : { ...feeding, isOwed: true };

function nextPiece(snapshot: NonNullable<Feeding['snapshot']>): Fed {
  const { revision, pieces, next } = snapshot;
  const isLast = next === pieces.length - 1;
  return {
    message: {
      ...{ type: 'snapshot', revision, piece: next + 1, pieces: pieces.length },
      entries: pieces[next] ?? [],
    },
    feeding: isLast
      ? { revision, isOwed: false }
      : { revision: undefined, isOwed: false, snapshot: { ...snapshot, next: next + 1 } },
  };
}
