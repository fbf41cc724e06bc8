import type { ServerCounters, ServerFigures } from '../../data-plane/domain/server-figures.js';

/** An instance has held requests and answered none. */
export interface Silence {
  /** Since when those that wait now have waited, at the latest; undefined while none waits. */
  readonly sinceMs?: number;
  /** How long requests have waited without any answer, all in all. */
  readonly forMs: number;
  /** How long of it there was more than one: one request alone may take long by itself. */
  readonly inVainMs: number;
  /** Clients that left meanwhile. */
  readonly left: number;
  /** When a request waited there last. */
  readonly lastMs: number;
}

interface Held {
  readonly atMs: number;
  readonly waiting: number;
  readonly silence?: Silence;
}

/** So many requests say something of the instance, and not of themselves. */
export const WAITING_IN_VAIN = 2;
/** Of one request a head and a small body; more says that a body is being sent. */
const BYTES_OF_A_REQUEST = 16_384;
/** For so long it is known that clients left without an answer. */
const KEPT_MS = 60_000;

/** What was there before the first look: also a request that came before it may never be answered. */
export function silenceAtFirst(
  { inFlight, counters }: Pick<ServerFigures, 'inFlight' | 'counters'>,
  nowMs: number,
): Pick<Held, 'waiting' | 'silence'> {
  const { requests, answers, lost, aborts } = counters;
  const waiting = Math.min(inFlight, Math.max(0, requests - answers - lost - aborts));
  return { waiting, silence: waiting === 0 ? undefined : begun(nowMs) };
}

/**
 * Who holds requests and answers none. WebSockets and streams of events have been answered; a body that is on its way is no
 * silence. Clients that leave do not end one: where few requests come, each would wait alone, for as long as its client does.
 */
export function silenceAfter(
  before: Held,
  { inFlight }: Pick<ServerFigures, 'inFlight'>,
  since: ServerCounters,
  nowMs: number,
): Pick<Held, 'waiting' | 'silence'> {
  const open = Math.max(0, before.waiting + since.requests - since.answers - since.lost);
  const waiting = Math.min(inFlight, Math.max(0, open - since.aborts));
  const isMoving =
    since.answers > 0 || since.bytesOut > 0 || since.bytesIn > BYTES_OF_A_REQUEST * (since.requests + 1);
  if (isMoving) return { waiting, silence: waiting === 0 ? undefined : begun(nowMs) };
  const was = before.silence;
  // Of the others, the answers had begun.
  const left = (was?.left ?? 0) + Math.min(since.aborts, open);
  if (waiting === 0) {
    const isKept = was !== undefined && nowMs - was.lastMs <= KEPT_MS;
    return { waiting, silence: isKept ? { ...was, sinceMs: undefined, left } : undefined };
  }
  const { forMs, inVainMs, sinceMs = before.atMs } = was ?? NONE;
  const tookMs = nowMs - before.atMs;
  const isInVain = waiting + left >= WAITING_IN_VAIN;
  return {
    waiting,
    silence: {
      ...{ sinceMs, left, lastMs: nowMs },
      forMs: forMs + tookMs,
      inVainMs: isInVain ? inVainMs + tookMs : inVainMs,
    },
  };
}

const NONE: Omit<Silence, 'lastMs'> = { forMs: 0, inVainMs: 0, left: 0 };
const begun = (nowMs: number): Silence => ({ ...NONE, sinceMs: nowMs, lastMs: nowMs });
