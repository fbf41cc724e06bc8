/** What the database says when a replica renews. */
export interface LeaseTable {
  /** Enrolled, without those that are gone; sorted. */
  readonly nodes: readonly string[];
  /** Of other replicas that live. */
  readonly others: readonly string[];
  readonly leases: readonly LeaseRow[];
}

export interface LeaseRow {
  readonly node: string;
  readonly holder: string;
  /** Released ones are free; lapsed ones were not renewed in time. */
  readonly state: 'live' | 'free' | 'lapsed';
}

/** What a replica is to do about its share. */
export interface Share {
  readonly take: readonly string[];
  readonly give: readonly string[];
  /** Nodes that were removed and that nobody holds: their lease and their state are to go. */
  readonly forget: readonly string[];
}

/**
 * The share of one replica: all replicas have the same number of nodes, or one more. Who has more already keeps it, so
 * that nothing moves once the shares are even. Replicas decide each for itself, by what they have read: the table says
 * who was first.
 * @param isSteady the database answered within the last lease. Right after it was away every lease has lapsed, and
 *   those who hold them are about to renew: nothing is taken from them before they had time to.
 */
export function shareOf(
  { nodes, others, leases }: LeaseTable,
  self: string,
  { isSteady }: { readonly isSteady: boolean },
): Share {
  const enrolled = new Set(nodes);
  const live = leases.filter(({ node, state }) => state === 'live' && enrolled.has(node));
  const own = leases.filter(({ holder, state }) => holder === self && state === 'live');
  const [held, removed] = [
    own.filter(({ node }) => enrolled.has(node)),
    own.filter(({ node }) => !enrolled.has(node)),
  ];
  const quota = quotaOf({ nodes: nodes.length, replicas: [self, ...others], live }, self);
  const rows = new Map(leases.map((row) => [row.node, row]));
  const isFree = (node: string): boolean => {
    const { state = 'free', holder } = rows.get(node) ?? {};
    if (state === 'live') return false;
    return state === 'free' || holder === self || isSteady;
  };
  const orphans = leases.filter(({ node, state }) => !enrolled.has(node) && state !== 'live');
  return {
    take: nodes.filter(isFree).slice(0, Math.max(0, quota - held.length)),
    give: [...namesOf(held).toSorted().slice(quota), ...namesOf(removed)],
    forget: namesOf(orphans).filter(isFree),
  };
}

const namesOf = (rows: readonly LeaseRow[]): readonly string[] => rows.map(({ node }) => node);

interface Situation {
  readonly nodes: number;
  readonly replicas: readonly string[];
  readonly live: readonly LeaseRow[];
}

/** How many nodes are its own: rounded up for the replicas that hold most, by name where they hold the same. */
function quotaOf({ nodes, replicas, live }: Situation, self: string): number {
  const even = Math.floor(nodes / replicas.length);
  const holds = (replica: string): number => live.filter(({ holder }) => holder === replica).length;
  const counted = replicas.map((replica) => ({ replica, count: holds(replica) }));
  const ranked = counted.toSorted((a, b) => b.count - a.count || (a.replica < b.replica ? -1 : 1));
  const rank = ranked.findIndex(({ replica }) => replica === self);
  return rank < nodes % replicas.length ? even + 1 : even;
}
