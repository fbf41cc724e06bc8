import type { HeldOnNode } from '../../placement/domain/asked.js';
import type { Fleet } from '../../placement/domain/fleet.js';
import { type Candidate, type Policy, serviceKey } from '../../placement/domain/model.js';
import { seekerFrom } from '../../plans/domain/moves.js';
import {
  type BalanceRules,
  balancingMoves,
  type BalancingMove,
  type LoadedInstance,
  type NodeUse,
} from './balance.js';
import { type MovableFacts, type ShownInstance, type StaysFor, whyItStays } from './movable.js';
import type { NodeFigures } from './recent-use.js';

/** `measured`: CPU in use. `reserved`: CPU that is reserved, where no agent watches the nodes. */
export type LoadBy = 'measured' | 'reserved';

/** The CPU of the nodes that may give and take, or why nothing can be said of the fleet now. */
export type FleetUse =
  | { readonly kind: 'known'; readonly by: LoadBy; readonly uses: ReadonlyMap<string, NodeUse> }
  | { readonly kind: 'unknown'; readonly by: LoadBy; readonly why: string };

export interface UseFacts {
  readonly fleet: Fleet;
  readonly policy: Policy;
  /** An agent has said something of a node. */
  readonly isWatched: boolean;
  /** If agents watch, one of them would have been heard by now. */
  readonly hasListened: boolean;
  readonly figuresOf: (node: string) => NodeFigures;
}

/** So many nodes are named. */
const MOST_NAMED = 3;

/**
 * How busy the nodes are that take instances. A fleet is judged by one kind of figure: what is in use on one node and what
 * is reserved on another cannot be compared. So one node without figures is enough to move nothing at all. Pure.
 */
export function useOf({ fleet, policy, isWatched, hasListened, figuresOf }: UseFacts): FleetUse {
  const ready = fleet.names.flatMap((name) => fleet.get(name) ?? []).filter(({ state }) => state === 'ready');
  if (isWatched) return measuredUse(ready, figuresOf);
  const by = 'reserved';
  if (!hasListened) return { kind: 'unknown', by, why: 'whether agents watch the nodes is not known yet' };
  if (policy === 'pack')
    return {
      ...{ kind: 'unknown', by },
      why: 'no agent measures the nodes, and LOAD_BALANCER_PLACEMENT=pack reserves them unevenly on purpose',
    };
  const uses = new Map(
    ready.map(({ name, total, reserved }) => [name, { cpus: total.cpu, used: reserved.cpu }]),
  );
  return { kind: 'known', by, uses };
}

function measuredUse(ready: readonly Candidate[], figuresOf: UseFacts['figuresOf']): FleetUse {
  const by = 'measured';
  const figures = ready.map(({ name }) => [name, figuresOf(name)] as const);
  const gaps = figures.filter(([, { kind }]) => kind === 'gap').map(([name]) => name);
  if (gaps.length > 0) return { kind: 'unknown', by, why: `${named(gaps)}: no figures of its agent` };
  const uses = figures.flatMap(([name, of]): [string, NodeUse][] =>
    of.kind === 'known' ? [[name, { cpus: of.cpus, used: of.used }]] : [],
  );
  if (ready.length > 0 && uses.length === 0)
    return { kind: 'unknown', by, why: 'no node and its instances were watched for long enough yet' };
  return { kind: 'known', by, uses: new Map(uses) };
}

function named(nodes: readonly string[]): string {
  const sorted = nodes.toSorted();
  const more = sorted.length - MOST_NAMED;
  return `${sorted.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** The nodes whose instances may have to move. Pure. */
export const fullNodes = (uses: ReadonlyMap<string, NodeUse>, above: number): readonly string[] =>
  [...uses].filter(([, { used, cpus }]) => used / cpus >= above).map(([name]) => name);

/** A node, and the share of its CPU that is in use. */
export interface NodeLoad {
  readonly node: string;
  readonly share: number;
}

export interface Advice {
  readonly by: LoadBy;
  /** Why nothing is advised now, whatever the loads are. */
  readonly waits?: string;
  readonly fullest?: NodeLoad;
  readonly emptiest?: NodeLoad;
  readonly moves: readonly BalancingMove[];
  /** Of the instances on full nodes, how many stay there, and why. */
  readonly staying: readonly { readonly reason: StaysFor; readonly instances: number }[];
}

export interface AdviceFacts extends MovableFacts {
  /** The moves are made on it. */
  readonly fleet: Fleet;
  readonly use: FleetUse;
  readonly figuresOf: UseFacts['figuresOf'];
  /** Nodes of moves that are under way, or have just ended: what they changed is to be measured first. */
  readonly movingNodes: ReadonlySet<string>;
  /** How many node requests wait for room. */
  readonly waiting: number;
  /** What holds places on the full nodes. */
  readonly held: readonly HeldOnNode[];
  /** By name. */
  readonly shown: ReadonlyMap<string, ShownInstance>;
}

/** Which instances are to be moved, or why none is. Changes the fleet. */
export function adviceOf(facts: AdviceFacts, rules: BalanceRules): Advice {
  const { fleet, use, waiting, held } = facts;
  const { by } = use;
  if (use.kind === 'unknown') return { by, waits: use.why, moves: [], staying: [] };
  const seen = { by, ...extremes(use.uses) };
  if (waiting > 0) {
    const requests = waiting === 1 ? 'an instance waits' : `${waiting} instances wait`;
    return { ...seen, waits: `${requests} for room, which comes first`, moves: [], staying: [] };
  }
  const judged = held.map((one) => ({
    one,
    why: whyItStays(one, facts.shown.get(one.instance ?? ''), facts),
  }));
  const instances = judged.flatMap(({ one, why }) => (why === undefined ? (loaded(one, facts) ?? []) : []));
  const uses = new Map([...use.uses].filter(([node]) => !facts.movingNodes.has(node)));
  const moves = balancingMoves({ fleet, uses, instances }, rules);
  const reasons = Map.groupBy(
    judged.flatMap(({ why }) => why ?? []),
    (why) => why,
  );
  return {
    ...seen,
    moves,
    staying: [...reasons].map(([reason, { length }]) => ({ reason, instances: length })),
  };
}

/** Of which the use is known. */
function loaded(held: HeldOnNode, { use, figuresOf }: AdviceFacts) {
  const seeker = seekerFrom(held.node, held);
  if (use.by === 'reserved') return { seeker, cpu: held.cpu } satisfies LoadedInstance;
  const figures = figuresOf(held.node);
  const cpu = figures.kind === 'known' ? figures.instances.get(held.instance ?? '') : undefined;
  return cpu === undefined ? undefined : ({ seeker, cpu } satisfies LoadedInstance);
}

function extremes(uses: ReadonlyMap<string, NodeUse>): Pick<Advice, 'fullest' | 'emptiest'> {
  const loads = [...uses]
    .map(([node, { used, cpus }]) => ({ node, share: used / cpus }))
    .sort((a, b) => a.share - b.share || (a.node < b.node ? -1 : 1));
  const [emptiest, fullest] = [loads[0], loads.at(-1)];
  return { ...(fullest && { fullest }), ...(emptiest && { emptiest }) };
}

/** What limits how many moves are asked for now. */
export interface MovesUnderWay {
  readonly open: number;
  readonly lastHour: number;
}

/**
 * The moves that are asked for now: of each service one, since its next task waits for the one before anyway, and no two
 * with a node in common: what the first one changes shows in the figures before the next one is decided. Pure.
 */
export function dueMoves(
  moves: readonly BalancingMove[],
  { open, lastHour }: MovesUnderWay,
  { atOnce, anHour }: { readonly atOnce: number; readonly anHour: number },
): readonly BalancingMove[] {
  const taken = new Set<string>();
  const due = moves.filter(({ seeker: { wish }, from, to }) => {
    const claims = [serviceKey(wish.appId, wish.service), `node ${from}`, `node ${to}`];
    if (claims.some((claim) => taken.has(claim))) return false;
    for (const claim of claims) taken.add(claim);
    return true;
  });
  return due.slice(0, Math.max(0, Math.min(atOnce - open, anHour - lastHour)));
}
