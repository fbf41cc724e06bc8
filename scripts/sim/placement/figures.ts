import type { Arena } from './arena.js';
import type { Shape } from './shapes.js';
import type { SimNode } from './workload.js';

/**
 * The share of the fleet's CPU that is free and of no use for the instance that comes next: of each size, the free CPU
 * on nodes where it does not fit, weighed by how often the size is asked for (the fragmentation of Weng et al., "Beware
 * of Fragmentation", USENIX ATC 2023, for CPU). Percent.
 */
export function strandedPercent(arena: Arena, shapes: readonly Shape[]): number {
  let stranded = 0;
  let total = 0;
  for (let node = 0; node < arena.count; node += 1) {
    if (arena.lost[node] === 1) continue;
    total += arena.cpu[node]!;
    const free = arena.cpu[node]! - arena.usedCpu[node]!;
    for (const { cpu, memoryMiB, weight } of shapes)
      if (!arena.fits(node, { service: 0, cpu, memoryMiB })) stranded += weight * free;
  }
  return (100 * stranded) / total;
}

/** The share of the fleet's CPU that is reserved. Percent. */
export function allocatedPercent({ usedCpu, cpu }: Arena): number {
  const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
  return (100 * sum(usedCpu)) / sum(cpu);
}

/** How far nodes differ: the standard deviation of the mean share of CPU and memory that is reserved. Percent. */
export function imbalancePercent(arena: Arena): number {
  const shares = Array.from(
    arena.cpu,
    (cpu, node) => (arena.usedCpu[node]! / cpu + arena.usedMemory[node]! / arena.memory[node]!) / 2,
  );
  const mean = shares.reduce((a, b) => a + b, 0) / shares.length;
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
  return 100 * Math.sqrt(variance);
}

/** Of services with more than one instance: on how many nodes, of as many as could be. Percent. */
export function spreadPercent(placed: ReadonlyMap<number, readonly number[]>): number {
  const several = [...placed.values()].filter((nodes) => nodes.length > 1);
  const shares = several.map((nodes) => new Set(nodes).size / nodes.length);
  return (100 * shares.reduce((a, b) => a + b, 0)) / Math.max(1, shares.length);
}

/** The same over zones. Percent. */
export function zoneSpreadPercent(
  placed: ReadonlyMap<number, readonly number[]>,
  nodes: readonly SimNode[],
): number {
  const zones = new Set(nodes.map(({ zone }) => zone)).size;
  const several = [...placed.values()].filter((of) => of.length > 1);
  const shares = several.map(
    (of) => new Set(of.map((node) => nodes[node]?.zone)).size / Math.min(zones, of.length),
  );
  return (100 * shares.reduce((a, b) => a + b, 0)) / Math.max(1, shares.length);
}

export const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN;
