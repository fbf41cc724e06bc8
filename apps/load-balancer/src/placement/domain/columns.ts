import { freeDisk } from './filters/disk.js';
import { hasFreePort } from './filters/ports.js';
import type { Mix } from './mix.js';
import type { Candidate } from './model.js';
import { freeCpu, freeMemory } from './room.js';
import { busyness } from './terms/headroom.js';

/** Arrays of numbers by slot: ten thousand nodes are read in some ten microseconds. */
export class Columns {
  /** In the order of names; the first of equal nodes is taken. */
  rank = new Int32Array(0);
  kind = new Uint32Array(0);
  zone = new Uint32Array(0);
  freeCpu = new Float64Array(0);
  freeMemory = new Float64Array(0);
  /** 1 where a host port is free. */
  hasPort = new Uint8Array(0);
  /** GB; without bound where it is not known. */
  freeDisk = new Float64Array(0);
  /** One through the node's CPU, and through its memory: a factor is quicker than a division. */
  perCpu = new Float64Array(0);
  perMemory = new Float64Array(0);
  /** By the mix of the fleet: free room of no use. */
  waste = new Float64Array(0);
  /** `busyness`; 0 where it is not known. */
  busy = new Float64Array(0);
  /** Undefined where it has to be found out. */
  private leastDisk: number | undefined;

  reserveSlots(count: number): void {
    if (count <= this.rank.length) return;
    const size = Math.max(64, 2 * this.rank.length, count);
    const grown = <A extends { set(from: A): void }>(array: A, larger: A): A => (larger.set(array), larger);
    this.rank = grown(this.rank, new Int32Array(size));
    this.kind = grown(this.kind, new Uint32Array(size));
    this.zone = grown(this.zone, new Uint32Array(size));
    this.freeCpu = grown(this.freeCpu, new Float64Array(size));
    this.freeMemory = grown(this.freeMemory, new Float64Array(size));
    this.hasPort = grown(this.hasPort, new Uint8Array(size));
    this.freeDisk = grown(this.freeDisk, new Float64Array(size));
    this.perCpu = grown(this.perCpu, new Float64Array(size));
    this.perMemory = grown(this.perMemory, new Float64Array(size));
    this.waste = grown(this.waste, new Float64Array(size));
    this.busy = grown(this.busy, new Float64Array(size));
  }

  /**
   * All that follows from what is reserved and what is used on the node.
   * @returns whether it has other room or points now
   */
  write(slot: number, node: Candidate, mix: Mix): boolean {
    const { total } = node;
    const disk = freeDisk(node);
    if (disk !== this.freeDisk[slot]) this.leastDisk = undefined;
    this.freeDisk[slot] = disk;
    this.perCpu[slot] = 1 / total.cpu;
    this.perMemory[slot] = 1 / total.memoryMiB;
    const [cpu, memory] = [freeCpu(node), freeMemory(node)];
    const isOther = [
      put(this.freeCpu, slot, cpu),
      put(this.freeMemory, slot, memory),
      put(this.hasPort, slot, Number(hasFreePort(node))),
      put(this.waste, slot, mix.waste(cpu, memory)),
      put(this.busy, slot, busyness(node) ?? 0),
    ];
    return isOther.includes(true);
  }

  /** GB on the fullest disk of so many nodes. */
  leastFreeDisk(count: number): number {
    if (this.leastDisk === undefined) {
      this.leastDisk = Number.POSITIVE_INFINITY;
      for (let slot = 0; slot < count; slot += 1)
        if (this.freeDisk[slot]! < this.leastDisk) this.leastDisk = this.freeDisk[slot]!;
    }
    return this.leastDisk;
  }

  move(from: number, to: number): void {
    const { rank, kind, zone, freeCpu, freeMemory, hasPort, freeDisk, perCpu, perMemory, waste, busy } = this;
    const all = [rank, kind, zone, freeCpu, freeMemory, hasPort, freeDisk, perCpu, perMemory, waste, busy];
    for (const column of all) column[to] = column[from]!;
  }

  /** After the mix has changed. */
  writeWaste(count: number, mix: Mix): void {
    for (let slot = 0; slot < count; slot += 1)
      this.waste[slot] = mix.waste(this.freeCpu[slot]!, this.freeMemory[slot]!);
  }
}

/** @returns whether it was another number before */
function put(column: Float64Array | Uint8Array, slot: number, value: number): boolean {
  const before = column[slot];
  column[slot] = value;
  return before !== value;
}
