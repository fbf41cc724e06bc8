import type { SimInstance, SimNode } from './workload.js';

/** A fleet as the peers see it: what is reserved on each node, by its index. */
export class Arena {
  readonly count: number;
  readonly cpu: Float64Array;
  readonly memory: Float64Array;
  readonly usedCpu: Float64Array;
  readonly usedMemory: Float64Array;
  readonly instances: Int32Array;
  /** 1 where the node is lost. */
  readonly lost: Uint8Array;
  /** By service, how many of its instances are on each node. */
  private readonly services = new Map<number, Map<number, number>>();

  constructor(nodes: readonly SimNode[]) {
    this.count = nodes.length;
    this.cpu = Float64Array.from(nodes, ({ cpu }) => cpu);
    this.memory = Float64Array.from(nodes, ({ memoryMiB }) => memoryMiB);
    this.usedCpu = new Float64Array(this.count);
    this.usedMemory = new Float64Array(this.count);
    this.instances = new Int32Array(this.count);
    this.lost = new Uint8Array(this.count);
  }

  fits(node: number, { cpu, memoryMiB }: SimInstance): boolean {
    return (
      this.lost[node] === 0 &&
      this.usedCpu[node]! + cpu <= this.cpu[node]! &&
      this.usedMemory[node]! + memoryMiB <= this.memory[node]!
    );
  }

  ofService(service: number): ReadonlyMap<number, number> {
    return this.services.get(service) ?? new Map<number, number>();
  }

  take(node: number, instance: SimInstance): void {
    this.change(node, instance, 1);
  }

  give(node: number, instance: SimInstance): void {
    this.change(node, instance, -1);
  }

  private change(node: number, { service, cpu, memoryMiB }: SimInstance, sign: 1 | -1): void {
    this.usedCpu[node]! += sign * cpu;
    this.usedMemory[node]! += sign * memoryMiB;
    this.instances[node]! += sign;
    const counts = this.services.get(service) ?? new Map<number, number>();
    const count = (counts.get(node) ?? 0) + sign;
    if (count === 0) counts.delete(node);
    else counts.set(node, count);
    if (counts.size === 0) this.services.delete(service);
    else this.services.set(service, counts);
  }
}
