import { Mix, scarceOf, sizeOf } from './mix.js';
import type { Candidate, Resources } from './model.js';

/** The mix is made anew once this many instances of a hundred have come or gone. */
const RENEW_PERCENT = 5;

interface Size extends Resources {
  count: number;
}

/** The mix of a fleet: its instances by their size, counted as they come and go. */
export class FleetMix {
  private current = new Mix([]);
  private readonly sizes = new Map<string, Size>();
  private readonly reserved = { cpu: 0, memoryMiB: 0 };
  private readonly total = { cpu: 0, memoryMiB: 0 };
  private instances = 0;
  private changes = 1;

  /** As of the last `renew`. */
  get mix(): Mix {
    return this.current;
  }

  /** @returns whether there is another mix now */
  renew(): boolean {
    if (this.changes === 0 || 100 * this.changes < RENEW_PERCENT * this.instances) return false;
    const sizes = [...this.sizes.values()].map((size) => [size, size.count] as const);
    this.current = new Mix(sizes, scarceOf(this.reserved, this.total));
    this.changes = 0;
    return true;
  }

  /** Most instances first; of equal counts, the smallest. */
  usualSizes(most: number): readonly Resources[] {
    return (
      [...this.sizes.values()]
        .sort((a, b) => b.count - a.count || a.cpu - b.cpu || a.memoryMiB - b.memoryMiB)
        .slice(0, most)
        // Means of sums: 0.1 three times is not 0.3.
        .map(({ cpu, memoryMiB }) => ({ cpu: Number(cpu.toFixed(3)), memoryMiB: Math.round(memoryMiB) }))
    );
  }

  /** A node with all that runs on it comes or goes. */
  add(node: Candidate, sign: 1 | -1): void {
    this.total.cpu += sign * node.total.cpu;
    this.total.memoryMiB += sign * node.total.memoryMiB;
    this.reserve(node.reserved, sign);
    for (const service of node.instances.keys()) this.addService(node, service, sign);
  }

  reserve({ cpu, memoryMiB }: Resources, sign: 1 | -1): void {
    this.reserved.cpu += sign * cpu;
    this.reserved.memoryMiB += sign * memoryMiB;
    this.changes += 1;
  }

  addService(node: Candidate, service: string, sign: 1 | -1): void {
    const of = node.instances.get(service);
    if (of === undefined) return;
    const { cpu, memoryMiB } = sizeOf(of);
    const key = `${cpu.toFixed(3)}/${Math.round(memoryMiB)}`;
    const size = this.sizes.get(key) ?? { cpu, memoryMiB, count: 0 };
    size.count += sign * of.count;
    this.instances += sign * of.count;
    if (size.count <= 0) this.sizes.delete(key);
    else this.sizes.set(key, size);
  }
}
