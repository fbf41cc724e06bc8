import { seeded } from './random.js';
import { nodeShapes, pick, podShapes, type Shape } from './shapes.js';

export interface SimNode {
  readonly name: string;
  readonly zone: string;
  readonly cpu: number;
  readonly memoryMiB: number;
}

export interface SimInstance {
  /** Index of its service. */
  readonly service: number;
  readonly cpu: number;
  readonly memoryMiB: number;
}

export interface Workload {
  readonly nodes: readonly SimNode[];
  /** In the order in which they are asked for: a service after another, all its replicas at once. */
  readonly instances: readonly SimInstance[];
  readonly shapes: readonly Shape[];
}

const ZONES = ['zone-a', 'zone-b', 'zone-c'];
/** How many replicas services have; most have one to three. */
const REPLICAS = [1, 1, 1, 2, 2, 2, 3, 3, 3, 5, 5, 10];

/**
 * A fleet with the trace's mix of machines, and services with its mix of sizes, until they ask for `load` times what the
 * fleet has of the scarcer of CPU and memory. `divisor` makes instances smaller.
 */
export function workloadOf(count: number, load: number, divisor: number, seed: number): Workload {
  const random = seeded(seed);
  const machines = nodeShapes();
  const nodes = Array.from({ length: count }, (_, index) => {
    const { cpu, memoryMiB } = pick(machines, random());
    const zone = ZONES[index % ZONES.length] ?? '';
    return { name: `node-${String(index).padStart(5, '0')}`, zone, cpu, memoryMiB };
  });
  const shapes = podShapes().map(({ cpu, memoryMiB, weight }) => ({
    cpu: Math.ceil(cpu / divisor),
    memoryMiB: Math.ceil(memoryMiB / divisor),
    weight,
  }));
  const has = sumOf(nodes);
  const instances: SimInstance[] = [];
  const asked = { cpu: 0, memoryMiB: 0 };
  for (let service = 0; asked.cpu < load * has.cpu && asked.memoryMiB < load * has.memoryMiB; service += 1) {
    const { cpu, memoryMiB } = pick(shapes, random());
    const replicas = REPLICAS[Math.floor(random() * REPLICAS.length)] ?? 1;
    for (let replica = 0; replica < replicas; replica += 1) instances.push({ service, cpu, memoryMiB });
    asked.cpu += replicas * cpu;
    asked.memoryMiB += replicas * memoryMiB;
  }
  return { nodes, instances, shapes };
}

export const sumOf = (sizes: readonly { cpu: number; memoryMiB: number }[]) =>
  sizes.reduce((sum, { cpu, memoryMiB }) => ({ cpu: sum.cpu + cpu, memoryMiB: sum.memoryMiB + memoryMiB }), {
    cpu: 0,
    memoryMiB: 0,
  });
