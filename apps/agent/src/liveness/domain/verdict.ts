/** Whether a node answers, as the replica says that holds its lease. */
export interface Verdict {
  readonly state: 'alive' | 'unreachable';
  /** Why it is unreachable. */
  readonly reason?: string;
  /** ISO 8601. */
  readonly since: string;
}

/** What one look or check found. */
export type Check = { readonly kind: 'good' } | { readonly kind: 'bad'; readonly why: string };

export interface Liveness {
  /** Undefined until enough is known. */
  readonly verdict: Verdict | undefined;
  /** The last checks since the verdict, oldest first; `WINDOW` at most. */
  readonly recent: readonly Check['kind'][];
}

/** A node is unreachable once this many of the last four checks failed, one a second. */
const BAD_NEEDED = 3;
const WINDOW = 4;
/** It is alive again once this many checks after each other were good: one that comes and goes stays unreachable. */
const GOOD_NEEDED = 4;

export const nothingKnown = (verdict: Verdict | undefined): Liveness => ({ verdict, recent: [] });

/** What is known after a check. A verdict that stays the same keeps its time and its reason. */
export function judge({ verdict, recent }: Liveness, check: Check, now: string): Liveness {
  const last = [...recent, check.kind].slice(-WINDOW);
  if (check.kind === 'bad') {
    const failed = last.filter((kind) => kind === 'bad').length;
    if (verdict?.state === 'unreachable' || failed < BAD_NEEDED) return { verdict, recent: last };
    return nothingKnown({ state: 'unreachable', reason: check.why, since: now });
  }
  const isBack = last.length === GOOD_NEEDED && last.every((kind) => kind === 'good');
  if (verdict?.state === 'alive' || (verdict !== undefined && !isBack)) return { verdict, recent: last };
  return nothingKnown({ state: 'alive', since: now });
}

/** As the most of Lifeguard (see `timelyLimit`). */
const DOUBT_FACTOR = 8;

/** The kernel answers a connection at once, however busy its programs are. */
export const REACH_LIMIT_MS = 1_000;

/**
 * How long a program of the node may take to answer: longer each time, as a slow answer is no missing one. Where the
 * kernel answers, 14 s pass in silence before three have failed, or 112 s where whoever asks may be the one that is slow.
 * Where it cannot be asked, as behind a jump host, silence may be a cut line, which must be known within 6 s.
 */
export function askLimitMs(
  failed: number,
  { kernelAnswers, isInDoubt }: { readonly kernelAnswers: boolean; readonly isInDoubt: boolean },
): number {
  if (!kernelAnswers) return Math.min(1_000 + 250 * failed, 1_500);
  return Math.min(2_000 * 2 ** failed, 8_000) * (isInDoubt ? DOUBT_FACTOR : 1);
}
