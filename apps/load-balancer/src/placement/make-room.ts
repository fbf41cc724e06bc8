import {
  type Evictable,
  highestEvictable,
  type Preemption,
  type PreemptingWish,
} from './domain/preemption.js';
import { heldFrom, type Hold, holdBy, holdOf, kindOfRequest } from './domain/waiting-line.js';
import type { WaitingRequest } from './domain/waiting-line.js';
import type { Evictions, LinePlacing } from './ports.js';

/** What was asked to make room and has not gone by then is not waited for: longer than most drains and stops take. */
export const EVICTED_WITHIN_MS = 300_000;

/** So many kinds of requests are tried in one step: each weighs the whole fleet, and nobody else joins the line meanwhile. */
const MOST_TRIED = 4;

/** What came of it. */
export interface MadeRoom {
  /** The node that is kept; undefined where nobody makes room. */
  readonly hold?: Hold;
  /** Access tokens of those that the next step is to try. */
  readonly untried: readonly string[];
}

/**
 * Asks instances of clearly lower priorities to make room for the first in line that wants it (`choosePreemption`). The
 * node is kept for that one while they are being stopped, as kube-scheduler's nominated node is. There is one preemption
 * at a time: it ends when the request has its place, leaves the line, or can get none there any more. Then another choice
 * is made.
 * @param isRenewed those that were tried before are tried again
 */
export async function makeRoom(
  placing: LinePlacing,
  evictions: Evictions,
  waiting: readonly WaitingRequest[],
  isRenewed: boolean,
): Promise<MadeRoom> {
  const hold = holdOf(waiting);
  const current = waiting.find(({ evicting }) => evicting === true);
  if (current !== undefined && hold !== undefined && (await isComing(placing, evictions, current, hold.node)))
    return { hold, untried: [] };
  const isAgain = isRenewed || current !== undefined;
  const { now, later } = nextKinds(waiting, hold, isAgain);
  for (const one of now) {
    const { request } = one;
    const wish = { ...request, heldNodes: heldFrom(request, hold) };
    await placing.about(request);
    if (placing.hasRoom(wish)) continue;
    const evictable = await evictions.evictable(placing.shortages(wish), highestEvictable(request));
    const preemption = await chosen(placing, wish, evictable);
    if (preemption === undefined) continue;
    await evictions.ask(request, preemption.victims);
    return { hold: holdBy(one, preemption.node, true), untried: [] };
  }
  return { untried: later.map(({ request }) => request.accessToken) };
}

/**
 * The first of each kind that is tried now, in the order of the line, and all that are tried later. Those that were never
 * tried, or not since the last round, come before those that were: so each has its turn, however long the line is.
 */
function nextKinds(
  waiting: readonly WaitingRequest[],
  hold: Hold | undefined,
  isAgain: boolean,
): { readonly now: readonly WaitingRequest[]; readonly later: readonly WaitingRequest[] } {
  const next = waiting.filter(
    ({ request, isDue, tried }) => request.preempt === true && !isDue && (isAgain || tried !== true),
  );
  const kinds = [
    ...Map.groupBy(
      next,
      ({ request, priority }) => `${priority} ${kindOfRequest(request, heldFrom(request, hold))}`,
    ).values(),
  ];
  const wasTried = (kind: readonly WaitingRequest[]): boolean => kind.every(({ tried }) => tried === true);
  const now = new Set(
    kinds.toSorted((a, b) => Number(wasTried(a)) - Number(wasTried(b))).slice(0, MOST_TRIED),
  );
  return {
    now: kinds.filter((kind) => now.has(kind)).flatMap(([first]) => first ?? []),
    later: kinds.filter((kind) => !now.has(kind)).flat(),
  };
}

/**
 * Not on a node whose login cannot be opened, or where others take room at this moment: somebody would be stopped there in
 * vain. The node is locked then, so nobody takes the rest of its room who does not know yet that it is kept.
 */
async function chosen(
  placing: LinePlacing,
  wish: PreemptingWish,
  evictable: readonly Evictable[],
): Promise<Preemption | undefined> {
  const unusableNodes: string[] = [];
  for (;;) {
    const preemption = placing.preemption({ ...wish, unusableNodes }, evictable);
    if (preemption === undefined) return undefined;
    const { node } = preemption;
    if ((await placing.accessTo(node)) !== undefined && (await placing.lock(node))) {
      const now = placing.preemption({ ...wish, unusableNodes }, evictable);
      if (now?.node === node) return now;
    }
    unusableNodes.push(node);
  }
}

/** Once those have gone that were asked and are there still, it fits. */
async function isComing(
  placing: LinePlacing,
  evictions: Evictions,
  { request, isDue }: WaitingRequest,
  node: string,
): Promise<boolean> {
  if (isDue) return false;
  const pending = await evictions.pending(request.accessToken);
  if (pending.some(({ askedMs, hasStayed }) => hasStayed || askedMs > EVICTED_WITHIN_MS)) return false;
  return placing.fitsWithout(request, node, pending);
}
