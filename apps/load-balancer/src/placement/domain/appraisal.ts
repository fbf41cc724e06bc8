import type { Blocks } from './blocks.js';
import type { Columns } from './columns.js';
import { EPSILON } from './filters/filter.js';
import type { Mix } from './mix.js';
import type { Policy, Resources } from './model.js';
import type { Refusals } from './refused.js';
import { allocation, leastAllocated, packed } from './terms/allocation.js';
import { headroom } from './terms/headroom.js';

/** In place of the points of a node that has no room. */
export const NO_ROOM = Number.NEGATIVE_INFINITY;

/** What an instance needs of a node, whatever its service. */
export interface Needs extends Resources {
  readonly port: boolean;
}

/** The filters that are asked here, in the order of their table; and none of them. */
const [CPU, MEMORY, PORTS, NOTHING] = [0, 1, 2, 3];
const QUANTITIES = 3;
/** By quantity, the place of its filter in the table. */
export type QuantityFilters = readonly [cpu: number, memory: number, ports: number];

/**
 * What all nodes come to for instances with the same needs, by the filters and terms to which the service is nothing: room,
 * ports, allocation and headroom. Such instances are asked for again and again, and meanwhile few nodes change: only blocks
 * with such a node are looked at again.
 */
export class Appraisal {
  /** Of each node, by its place in the order of the blocks. */
  readonly points: Float64Array;
  /** Of each block: the most of its nodes. */
  readonly mostPoints: Float64Array;
  /** Of each block: its version when it was looked at; 0: never. */
  private readonly versions: Uint32Array;
  /** Of each block, by quantity: how many nodes lack it, and the slot of the one that lacks least. */
  private readonly lacking: Uint32Array;
  private readonly closest: Uint32Array;
  /** The table of filters has the last word; sums of fractions must not hide a node from it. */
  private readonly cpu: number;
  private readonly memory: number;

  constructor(
    private readonly columns: Columns,
    private readonly blocks: Blocks,
    private readonly policy: Policy,
    private readonly needs: Needs,
  ) {
    this.points = new Float64Array(blocks.nodes);
    this.mostPoints = new Float64Array(blocks.count);
    this.versions = new Uint32Array(blocks.count);
    this.lacking = new Uint32Array(blocks.count * QUANTITIES);
    this.closest = new Uint32Array(blocks.count * QUANTITIES);
    this.cpu = needs.cpu - 2 * EPSILON;
    this.memory = needs.memoryMiB - 2 * EPSILON;
  }

  /** Before anything is read. */
  renew(mix: Mix): void {
    const { versions, blocks } = this;
    for (let block = 0; block < blocks.count; block += 1) {
      if (versions[block] === blocks.versions[block]) continue;
      this.look(block, mix);
      versions[block] = blocks.versions[block]!;
    }
  }

  /** All nodes of the block that have no room. */
  addRefused(block: number, filters: QuantityFilters, refusals: Refusals): void {
    for (let quantity = CPU; quantity < QUANTITIES; quantity += 1) {
      const count = this.lacking[block * QUANTITIES + quantity]!;
      if (count === 0) continue;
      const slot = this.closest[block * QUANTITIES + quantity]!;
      refusals.add(filters[quantity]!, slot, this.spare(quantity, slot), count);
    }
  }

  /** One node that has no room. */
  addRefusedNode(slot: number, filters: QuantityFilters, refusals: Refusals): void {
    const quantity = this.lackedBy(slot);
    refusals.add(filters[quantity]!, slot, this.spare(quantity, slot));
  }

  private look(block: number, mix: Mix): void {
    const { points, lacking } = this;
    const { order } = this.blocks;
    const end = this.blocks.endOf(block);
    const first = block * QUANTITIES;
    lacking.fill(0, first, first + QUANTITIES);
    let most = NO_ROOM;
    for (let at = this.blocks.startOf(block); at < end; at += 1) {
      const slot = order[at]!;
      const quantity = this.lackedBy(slot);
      if (quantity === NOTHING) {
        const own = this.pointsOf(slot, mix);
        points[at] = own;
        if (own > most) most = own;
      } else {
        points[at] = NO_ROOM;
        if (lacking[first + quantity] === 0 || this.isCloser(quantity, slot, this.closest[first + quantity]!))
          this.closest[first + quantity] = slot;
        lacking[first + quantity]! += 1;
      }
    }
    this.mostPoints[block] = most;
  }

  private lackedBy(slot: number): number {
    const { freeCpu, freeMemory, hasPort } = this.columns;
    if (freeCpu[slot]! < this.cpu) return CPU;
    if (freeMemory[slot]! < this.memory) return MEMORY;
    return this.needs.port && hasPort[slot] === 0 ? PORTS : NOTHING;
  }

  /** As `Refusals` wants it. */
  private spare(quantity: number, slot: number): number {
    if (quantity === CPU) return this.columns.freeCpu[slot]! - this.needs.cpu;
    return quantity === MEMORY ? this.columns.freeMemory[slot]! - this.needs.memoryMiB : -1;
  }

  private isCloser(quantity: number, slot: number, than: number): boolean {
    const [spare, other] = [this.spare(quantity, slot), this.spare(quantity, than)];
    return spare > other || (spare === other && this.columns.rank[slot]! < this.columns.rank[than]!);
  }

  private pointsOf(slot: number, mix: Mix): number {
    const { freeCpu, freeMemory, perCpu, perMemory, waste, busy } = this.columns;
    const cpu = freeCpu[slot]! - this.cpu;
    const memory = freeMemory[slot]! - this.memory;
    const share = leastAllocated(cpu * perCpu[slot]!, memory * perMemory[slot]!);
    const value = this.policy === 'pack' ? packed(mix.waste(cpu, memory) - waste[slot]!, share) : share;
    return allocation.weight * value - headroom.weight * busy[slot]!;
  }
}

/** So many appraisals are kept: with 10,000 nodes, 10 MB. */
const MOST_KEPT = 128;

/** The appraisals of a fleet whose nodes stay the same in number, size, zone and kind. */
export class Appraisals {
  private readonly kept = new Map<string, Appraisal>();

  constructor(
    private readonly columns: Columns,
    readonly blocks: Blocks,
    private readonly policy: Policy,
  ) {}

  of(needs: Needs, mix: Mix): Appraisal {
    const key = `${needs.cpu} ${needs.memoryMiB} ${needs.port}`;
    const known = this.kept.get(key);
    // What was asked for last stands last.
    if (known !== undefined) this.kept.delete(key);
    else if (this.kept.size === MOST_KEPT) this.forgetOldest();
    const appraisal = known ?? new Appraisal(this.columns, this.blocks, this.policy, needs);
    this.kept.set(key, appraisal);
    appraisal.renew(mix);
    return appraisal;
  }

  private forgetOldest(): void {
    const [oldest] = this.kept.keys();
    if (oldest !== undefined) this.kept.delete(oldest);
  }
}
