import { freeDisk } from './filters/disk.js';
import { hasFreePort } from './filters/ports.js';
import type { Mix } from './mix.js';
import type { Candidate, Resources } from './model.js';
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
  /** Of a node of which all is free: a number for its size, from 1 on; otherwise 0. */
  emptySize = new Uint32Array(0);
  /** `busyness`; 0 where it is not known. */
  busy = new Float64Array(0);
  private readonly sizes = new SizeNumbers();
  /** Undefined where it has to be found out. */
  private leastDisk: number | undefined;
  /** Whether the busyness of any node was ever known. */
  someBusy = false;

  get sizesOfEmpty(): number {
    return this.sizes.count;
  }

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
    this.emptySize = grown(this.emptySize, new Uint32Array(size));
    this.busy = grown(this.busy, new Float64Array(size));
  }

  /** All that follows from what is reserved and what is used on the node. */
  write(slot: number, node: Candidate, mix: Mix): void {
    const { total } = node;
    const free = { cpu: freeCpu(node), memoryMiB: freeMemory(node) };
    const isWhole = free.cpu === total.cpu && free.memoryMiB === total.memoryMiB;
    const busy = busyness(node);
    this.freeCpu[slot] = free.cpu;
    this.freeMemory[slot] = free.memoryMiB;
    this.hasPort[slot] = Number(hasFreePort(node));
    const disk = freeDisk(node);
    if (disk !== this.freeDisk[slot]) this.leastDisk = undefined;
    this.freeDisk[slot] = disk;
    this.perCpu[slot] = 1 / total.cpu;
    this.perMemory[slot] = 1 / total.memoryMiB;
    this.waste[slot] = mix.waste(free.cpu, free.memoryMiB);
    this.emptySize[slot] = isWhole ? this.sizes.of(total) : 0;
    this.someBusy ||= busy !== undefined;
    this.busy[slot] = busy ?? 0;
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
    const { rank, kind, zone, freeCpu, freeMemory, hasPort, perCpu, perMemory, waste, emptySize, busy } =
      this;
    const all = [
      ...[rank, kind, zone, freeCpu, freeMemory, hasPort, this.freeDisk],
      ...[perCpu, perMemory, waste, emptySize, busy],
    ];
    for (const column of all) column[to] = column[from]!;
  }

  /** After the mix has changed. */
  writeWaste(count: number, mix: Mix): void {
    for (let slot = 0; slot < count; slot += 1)
      this.waste[slot] = mix.waste(this.freeCpu[slot]!, this.freeMemory[slot]!);
  }
}

/** Numbers of node sizes, from 1 on; the same for the same size. */
class SizeNumbers {
  private readonly numbers = new Map<string, number>();

  get count(): number {
    return this.numbers.size;
  }

  of({ cpu, memoryMiB }: Resources): number {
    const key = `${cpu}/${memoryMiB}`;
    const known = this.numbers.get(key) ?? this.numbers.size + 1;
    this.numbers.set(key, known);
    return known;
  }
}
