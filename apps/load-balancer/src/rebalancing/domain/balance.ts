import { byName } from '../../placement/domain/place.js';
import type { Fleet } from '../../placement/domain/fleet.js';
import { type Candidate, type Place, serviceKey } from '../../placement/domain/model.js';
import { type Seeker, settle } from '../../plans/domain/moves.js';

/** The CPU of a node. Memory is no load: each instance has what it reserves, on whatever node it runs. */
export interface NodeUse {
  /** Cores. */
  readonly cpus: number;
  /** Cores in use; those that are reserved, where nobody measures. */
  readonly used: number;
}

/** An instance that may be moved. */
export interface LoadedInstance {
  /** With the node that it would leave as `of.from`. */
  readonly seeker: Seeker;
  /** Cores in use, as in `NodeUse`. */
  readonly cpu: number;
}

/** A fleet, with what it is balanced by. */
export interface LoadedFleet {
  /** The moves are made on it. */
  readonly fleet: Fleet;
  /** Nodes that may give and take. */
  readonly uses: ReadonlyMap<string, NodeUse>;
  readonly instances: readonly LoadedInstance[];
}

export interface BalanceRules {
  /** By how much the load of the fuller node has to fall at least, as a share of its CPU: 0 to 1. */
  readonly leastGain: number;
  /** Nodes with a lower load are left as they are; 0 to 1. */
  readonly above: number;
  /** So many moves at most. */
  readonly most: number;
}

/** Shares of the CPU of a node: 0 to 1, and above where a node without an agent has more reserved than it has. */
export interface Change {
  readonly before: number;
  readonly after: number;
}

/** One move, and what it improves. */
export interface BalancingMove {
  readonly seeker: Seeker;
  readonly from: string;
  readonly to: string;
  /** Cores that move. */
  readonly cpu: number;
  readonly improves: { readonly from: Change; readonly to: Change };
}

interface Found extends BalancingMove {
  readonly instance: LoadedInstance;
  readonly place: Place;
  readonly gain: number;
}

interface Load {
  readonly name: string;
  use: NodeUse;
}

const EPSILON = 1e-9;

const shareOf = ({ used, cpus }: NodeUse): number => used / cpus;
const emptierFirst = (a: Load, b: Load): number => shareOf(a.use) - shareOf(b.use) || byName(a.name, b.name);

/**
 * The moves that lower the load of the fullest nodes, in their order. Each takes the instance and the target with which
 * the fuller of the two nodes ends lowest. So a move lowers the load of its node by the least gain, and its target stays
 * below what that node had by the same. Sorted from the fullest down, loads get less with each move, so no state comes
 * twice, and it ends. (Thresholds: LowNodeUtilization of kubernetes-sigs/descheduler, which evicts, and leaves it to the
 * scheduler where a pod goes.) Changes the fleet. Deterministic.
 */
export function balancingMoves(loaded: LoadedFleet, rules: BalanceRules): readonly BalancingMove[] {
  const balancing = new Balancing(loaded, rules);
  const moves: BalancingMove[] = [];
  for (let move = balancing.next(); move !== undefined; move = balancing.next()) moves.push(move);
  return moves;
}

class Balancing {
  private readonly fleet: Fleet;
  /** The emptiest first. */
  private readonly loads: Load[];
  private readonly movable: ReadonlyMap<string | undefined, Set<LoadedInstance>>;
  /** Nodes that could not be relieved when they were tried last: they are tried again once all others were. */
  private readonly stuck = new Set<string>();
  private made = 0;
  private madeAtRetry = 0;

  constructor(
    { fleet, uses, instances }: LoadedFleet,
    private readonly rules: BalanceRules,
  ) {
    this.fleet = fleet;
    this.loads = [...uses]
      .filter(([name]) => fleet.get(name)?.state === 'ready')
      .map(([name, use]) => ({ name, use }))
      .sort(emptierFirst);
    const byNode = Map.groupBy(instances, ({ seeker }) => seeker.of.from);
    this.movable = new Map([...byNode].map(([name, of]) => [name, new Set(of)]));
  }

  /** Makes one more move. */
  next(): BalancingMove | undefined {
    if (this.made >= this.rules.most) return undefined;
    let found = this.search();
    if (found === undefined && this.madeAtRetry < this.made) {
      this.stuck.clear();
      this.madeAtRetry = this.made;
      found = this.search();
    }
    if (found === undefined) return undefined;
    const { instance, place, gain: _, ...move } = found;
    settle(this.fleet, instance.seeker, place);
    this.movable.get(move.from)?.delete(instance);
    this.add(move.from, -move.cpu);
    this.add(move.to, move.cpu);
    this.loads.sort(emptierFirst);
    this.made += 1;
    return move;
  }

  private add(node: string, cpu: number): void {
    const load = this.loads.find(({ name }) => name === node);
    if (load !== undefined) load.use = { ...load.use, used: load.use.used + cpu };
  }

  /** Of the fullest node that can be relieved. */
  private search(): Found | undefined {
    for (const source of this.loads.toReversed()) {
      if (shareOf(source.use) < this.rules.above) return undefined;
      if (this.stuck.has(source.name)) continue;
      const found = this.bestFrom(source);
      if (found !== undefined) return found;
      this.stuck.add(source.name);
    }
    return undefined;
  }

  private bestFrom({ name: from, use: source }: Load): Found | undefined {
    const before = shareOf(source);
    let best: Found | undefined;
    for (const instance of this.movable.get(from) ?? []) {
      const { seeker, cpu } = instance;
      const left = (source.used - cpu) / source.cpus;
      for (const { name: to, use: target } of this.loads) {
        const least = best === undefined ? this.rules.leastGain : best.gain + 2 * EPSILON;
        if (before - shareOf(target) < least - EPSILON) break;
        const reached = (target.used + cpu) / target.cpus;
        const gain = before - Math.max(left, reached);
        if (gain < least - EPSILON || to === from || this.gathers(seeker, from, to)) continue;
        const place = this.fleet.placeOn(to, seeker.wish);
        if (place === undefined) continue;
        const improves = {
          from: { before, after: left },
          to: { before: shareOf(target), after: reached },
        };
        best = { seeker, from, to, cpu, improves, instance, place, gain };
      }
    }
    return best;
  }

  /** The service would be spread worse over nodes or zones than it is: placing it had its reasons. */
  private gathers({ wish }: Seeker, from: string, to: string): boolean {
    const key = serviceKey(wish.appId, wish.service);
    const [source, target] = [this.fleet.get(from), this.fleet.get(to)];
    if (source === undefined || target === undefined) return true;
    if (countOn(target, key) >= countOn(source, key)) return true;
    if (target.zone === undefined || source.zone === undefined || target.zone === source.zone) return false;
    const inZone = this.fleet.inZones(key);
    return (inZone.get(target.zone) ?? 0) >= (inZone.get(source.zone) ?? 0);
  }
}

const countOn = ({ instances }: Candidate, key: string): number => instances.get(key)?.count ?? 0;
