import type { NodeRequest } from '#libs/contracts';
import type { Explanation } from './explanation.js';

/** A node request that waits for room. */
export interface WaitingRequest {
  readonly request: NodeRequest;
  readonly priority: number;
  /** RFC 3339, as `until`. */
  readonly since: string;
  readonly until: string;
  readonly waitedMs: number;
  /** It has waited for as long as it may. */
  readonly isDue: boolean;
  /** The deployer knows that it waits. */
  readonly announced: boolean;
  /** The line was gone through since it came. */
  readonly tried?: boolean;
  /** The node that is kept for it. */
  readonly holds?: string;
  /** Others are being stopped there for it. */
  readonly evicting?: boolean;
}

/** The node that is kept, for whom. */
export interface Hold {
  readonly node: string;
  readonly accessToken: string;
  readonly priority: number;
  /** Others are being stopped there for it. */
  readonly evicting?: boolean;
}

/**
 * Nodes that are kept from a request: that of a hold, unless it is its own or of a lower priority. Where others are being
 * stopped for the holder, the node is kept from higher priorities as well: they would be stopped in vain. Pure.
 */
export const heldFrom = (
  { accessToken, priority = 0 }: Partial<Pick<NodeRequest, 'accessToken' | 'priority'>>,
  hold: Hold | undefined,
): readonly string[] => {
  if (hold === undefined || hold.accessToken === accessToken) return [];
  return hold.evicting === true || hold.priority >= priority ? [hold.node] : [];
};

export const holdOf = (line: readonly WaitingRequest[]): Hold | undefined => {
  const holder = line.find(({ holds }) => holds !== undefined);
  if (holder?.holds === undefined) return undefined;
  return holdBy(holder, holder.holds, holder.evicting);
};

/** The node that is kept for a request from now on. Pure. */
export const holdBy = (
  { request: { accessToken }, priority }: WaitingRequest,
  node: string,
  evicting = false,
): Hold => ({ node, accessToken, priority, ...(evicting && { evicting }) });

/**
 * Who may keep a node: the first in line, once it has waited for so long. Undefined: nobody.
 *
 * The line goes by priority, then by age (kube-scheduler's scheduling queue with PriorityClass). A request that finds no
 * room blocks nobody: those behind it are placed where they fit, as in backfilling (Lifka, "The ANL/IBM SP scheduling
 * system", 1995). That alone would let a large one starve behind small ones. So, as backfilling does, the first in line
 * keeps a place: the node that comes closest to having room for it (kube-scheduler's nominated node). Nothing else of its
 * priority or a lower one is placed there until it is placed or its time is over. One node at most is kept, because the
 * run times of services are not known, and what is kept is of no use to others meanwhile. Pure.
 */
export function mayHold(line: readonly WaitingRequest[], holdAfterMs: number): WaitingRequest | undefined {
  const [first] = line;
  return first !== undefined && first.waitedMs >= holdAfterMs ? first : undefined;
}

/**
 * Requests with the same text are alike to all filters: where one finds no room, the others need not be asked (Nomad
 * blocks the evaluations of a class of nodes as one). Pure.
 */
export function kindOfRequest(request: NodeRequest, heldNodes: readonly string[]): string {
  const { accessToken: _, expiresAt: _expiresAt, waitUntil: _until, priority: _priority, ...asked } = request;
  return JSON.stringify([asked, heldNodes]);
}

/** What room is missing, by filter: `cpu: needs 2 cores, best free 1.4 on node-3 (rules out 3 nodes)`. Pure. */
export const missingOf = (explanation: Pick<Explanation, 'refused'> | undefined): string[] =>
  (explanation?.refused ?? []).map(
    ({ filter, nodes, missing }) =>
      `${filter}: ${missing} (rules out ${nodes} ${nodes === 1 ? 'node' : 'nodes'})`,
  );
