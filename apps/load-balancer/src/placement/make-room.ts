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

/**
 * Asks instances of clearly lower priorities to make room for the first in line that wants it (`choosePreemption`). The
 * node is kept for that one while they are being stopped, as kube-scheduler's nominated node is. There is one preemption
 * at a time: it ends when the request has its place, leaves the line, or can get none there any more. Then another choice
 * is made.
 * @param isRenewed those that were tried before are tried again
 * @returns the node that is kept; undefined where nobody makes room
 */
export async function makeRoom(
  placing: LinePlacing,
  evictions: Evictions,
  waiting: readonly WaitingRequest[],
  isRenewed: boolean,
): Promise<Hold | undefined> {
  const hold = holdOf(waiting);
  const current = waiting.find(({ evicting }) => evicting === true);
  if (current !== undefined && hold !== undefined && (await isComing(placing, evictions, current, hold.node)))
    return hold;
  const asked = new Set<string>();
  for (const one of waiting) {
    const { request, priority, isDue, tried } = one;
    const isNext = isRenewed || current !== undefined || tried !== true;
    if (request.preempt !== true || isDue || !isNext) continue;
    const heldNodes = heldFrom(request, hold);
    const kind = `${priority} ${kindOfRequest(request, heldNodes)}`;
    if (asked.has(kind)) continue;
    asked.add(kind);
    const wish = { ...request, heldNodes };
    await placing.about(request);
    if (placing.hasRoom(wish)) continue;
    const evictable = await evictions.evictable(placing.shortages(wish), highestEvictable(request));
    const preemption = await chosen(placing, wish, evictable);
    if (preemption === undefined) continue;
    await evictions.ask(request, preemption.victims);
    return holdBy(one, preemption.node, true);
  }
  return undefined;
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
