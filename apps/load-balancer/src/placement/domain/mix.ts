import type { InstancesOnNode, Resources } from './resources.js';

/** Sizes of instances with how many there are of each. */
export type Sizes = Iterable<readonly [Resources, number]>;

/**
 * What instances of the fleet ask for, as a table: for what is free on a node, the share of instances that would not fit
 * there. From it follows how much of a node's free room is of no use (the fragmentation of Weng et al., "Beware of
 * Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent", USENIX ATC 2023, section 4).
 */
export class Mix {
  /** The mean that instances ask for of the scarce resource. */
  readonly mean: number;
  /** Room of this kind is what counts. */
  readonly scarce: keyof Resources;
  private readonly countsCpu: boolean;
  private readonly perMean: number;
  private readonly cpu: Scale;
  private readonly memory: Scale;
  /** By the marks of CPU and memory that free room reaches. */
  private readonly misfits: Float64Array;

  constructor(sizes: Sizes, scarce: keyof Resources = 'cpu') {
    const all = [...sizes];
    const total = all.reduce((sum, [, count]) => sum + count, 0);
    this.scarce = scarce;
    this.countsCpu = scarce === 'cpu';
    this.mean = all.reduce((sum, [size, count]) => sum + count * size[scarce], 0) / total || 1;
    this.perMean = 1 / this.mean;
    this.cpu = new Scale(all.map(([{ cpu }]) => cpu));
    this.memory = new Scale(all.map(([{ memoryMiB }]) => memoryMiB));
    this.misfits = this.sharesThatDoNotFit(all, total);
  }

  /** How much of the scarce resource is free on a node and of no use to the usual instances. Unit: mean instances. */
  waste(freeCpu: number, freeMemoryMiB: number): number {
    const free = this.countsCpu ? freeCpu : freeMemoryMiB;
    const at = this.cpu.reached(freeCpu) * this.memory.width + this.memory.reached(freeMemoryMiB);
    return free * this.perMean * this.misfits[at]!;
  }

  private sharesThatDoNotFit(sizes: readonly (readonly [Resources, number])[], total: number): Float64Array {
    const { width } = this.memory;
    const shares = new Float64Array(this.cpu.width * width);
    for (const [{ cpu, memoryMiB }, count] of sizes)
      shares[this.cpu.needed(cpu) * width + this.memory.needed(memoryMiB)]! += count / total;
    // Sums over all sizes that fit: first along one side, then along the other.
    for (let at = 0; at < shares.length; at += 1) if (at % width > 0) shares[at]! += shares[at - 1]!;
    for (let at = width; at < shares.length; at += 1) shares[at]! += shares[at - width]!;
    return total === 0 ? shares : shares.map((fitting) => Math.max(0, 1 - fitting));
  }
}

/** At most this many sizes are told apart in each direction. */
const MOST_MARKS = 128;
/** A free amount is rounded down to this part of the largest size. */
const CELLS = 4_096;

/** Marks at the sizes that instances have, and for each amount how many of them it reaches. */
class Scale {
  readonly width: number;
  private readonly marks: readonly number[];
  private readonly perCell: number;
  private readonly reachedInCell = new Uint8Array(CELLS + 1);

  constructor(sizes: readonly number[]) {
    const distinct = [...new Set(sizes)].sort((a, b) => a - b);
    const every = Math.ceil(distinct.length / MOST_MARKS);
    // Counted from the largest, so that it has a mark.
    this.marks = distinct.filter((_, index) => (distinct.length - 1 - index) % every === 0);
    this.width = this.marks.length + 1;
    const largest = this.marks.at(-1) ?? 1;
    this.perCell = CELLS / largest;
    // From the smallest on: each mark is reached from its own cell to the last one.
    for (const [n, mark] of this.marks.entries())
      this.reachedInCell.fill(n + 1, Math.ceil(mark * this.perCell - 1e-6));
  }

  /** How many marks the amount reaches. */
  reached(amount: number): number {
    const cell = amount * this.perCell;
    return this.reachedInCell[cell >= CELLS ? CELLS : cell > 0 ? cell | 0 : 0]!;
  }

  /** How many marks have to be reached for the size to fit. */
  needed(size: number): number {
    return this.marks.findIndex((mark) => mark >= size) + 1;
  }
}

/** The mean size of a service's instances on a node. */
export const sizeOf = ({ count, cpu, memoryMiB }: InstancesOnNode): Resources => ({
  cpu: cpu / count,
  memoryMiB: memoryMiB / count,
});

/** That of which the larger share is reserved. */
export const scarceOf = (reserved: Resources, total: Resources): keyof Resources =>
  reserved.memoryMiB * total.cpu > reserved.cpu * total.memoryMiB ? 'memoryMiB' : 'cpu';
