import { balancingMoves, type NodeUse } from '../../../apps/load-balancer/src/rebalancing/domain/balance.js';
import { seeded } from './random.js';
import { slipway, wishOf } from './schedulers.js';
import type { SimInstance, Workload } from './workload.js';

/** How many moves bring the loads of a fleet to what. Loads are shares of the CPU of a node, in percent. */
export interface RebalanceFigures {
  readonly nodes: number;
  readonly instances: number;
  readonly moves: number;
  readonly fullestBefore: number;
  readonly fullestAfter: number;
  /** The standard deviation of the loads. */
  readonly spreadBefore: number;
  readonly spreadAfter: number;
  /** Nodes at or above the threshold. */
  readonly fullBefore: number;
  readonly fullAfter: number;
  /** To find all moves, by the clock. */
  readonly ms: number;
}

/** The defaults of the load balancer. */
const RULES = { leastGain: 0.1, above: 0.5, most: Number.POSITIVE_INFINITY };
/** Of services, so many are busy; they use all that they reserve, the others a tenth. */
const BUSY = 0.4;
const IDLE_USE = 0.1;

/** A fleet of which seven tenths are reserved, evenly, and used unevenly. */
export function rebalanced({ nodes, instances }: Workload, share: number): RebalanceFigures {
  const { fleet, ...scheduler } = slipway(nodes, 'spread');
  const chance = seeded(7);
  const busy = new Map<number, boolean>();
  const uses = new Map<string, NodeUse>(nodes.map(({ name, cpu }) => [name, { cpus: cpu, used: 0 }]));
  const placed = instances.slice(0, Math.floor(instances.length * share)).flatMap((instance, index) => {
    const at = scheduler.choose(instance);
    if (at === undefined) return [];
    scheduler.taken?.(at, instance);
    const node = nodes[at]!.name;
    if (!busy.has(instance.service)) busy.set(instance.service, chance() < BUSY);
    const cpu = instance.cpu * (busy.get(instance.service) === true ? 1 : IDLE_USE);
    const use = uses.get(node)!;
    uses.set(node, { ...use, used: use.used + cpu });
    return [{ cpu, seeker: seekerOf(instance, node, index) }];
  });
  const started = performance.now();
  const moves = balancingMoves({ fleet, uses, instances: placed }, RULES);
  const ms = performance.now() - started;
  const after = new Map(uses);
  for (const { from, to, cpu } of moves)
    for (const [node, sign] of [
      [from, -1],
      [to, 1],
    ] as const)
      after.set(node, { ...after.get(node)!, used: after.get(node)!.used + sign * cpu });
  const [before, now] = [loadsOf(uses), loadsOf(after)];
  return {
    ...{ nodes: nodes.length, instances: placed.length, moves: moves.length, ms },
    ...{ fullestBefore: Math.max(...before), fullestAfter: Math.max(...now) },
    ...{ spreadBefore: deviation(before), spreadAfter: deviation(now) },
    ...{ fullBefore: fullIn(before), fullAfter: fullIn(now) },
  };
}

const seekerOf = (instance: SimInstance, from: string, index: number) => {
  const wish = wishOf(instance);
  return { wish, of: { instance: `i${index}`, service: wish.service, resources: wish.resources, from } };
};

const loadsOf = (uses: ReadonlyMap<string, NodeUse>): readonly number[] =>
  [...uses.values()].map(({ used, cpus }) => (100 * used) / cpus);

const fullIn = (loads: readonly number[]): number => loads.filter((load) => load >= 100 * RULES.above).length;

function deviation(loads: readonly number[]): number {
  const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length;
  return Math.sqrt(loads.reduce((sum, load) => sum + (load - mean) ** 2, 0) / loads.length);
}

/** Table rows, as Markdown. */
export function rebalanceTable(runs: readonly RebalanceFigures[]): string {
  const head = ['nodes', 'instances', 'moves', 'fullest %', 'spread %', 'full nodes', 'time ms'];
  const change = (before: number, after: number, digits = 1): string =>
    `${before.toFixed(digits)} -> ${after.toFixed(digits)}`;
  const rows = runs.map((run) => [
    ...[run.nodes, run.instances, run.moves].map((count) => count.toLocaleString('en')),
    change(run.fullestBefore, run.fullestAfter),
    change(run.spreadBefore, run.spreadAfter),
    change(run.fullBefore, run.fullAfter, 0),
    run.ms.toFixed(0),
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
