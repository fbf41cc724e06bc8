import type { Columns } from './columns.js';
import { EPSILON } from './filters/filter.js';
import { type ImageRoom, UNKNOWN_ROOM } from './image-rooms.js';
import type { Mix } from './mix.js';
import type { Policy, Wish } from './model.js';
import type { Refusals } from './refused.js';
import { allocation, grownFor, leastAllocated, packed } from './terms/allocation.js';
import { headroom } from './terms/headroom.js';
import { image as imageTerm } from './terms/image.js';
import { zones } from './terms/spread.js';

/** What a wish comes to for all nodes at once. Filters are given by their place in the table plus one; 0 is none. */
export interface Query {
  readonly wish: Wish;
  readonly policy: Policy;
  /** By kind of node: the first filter that refuses it. */
  readonly kindRefusedBy: Uint8Array;
  /** By slot: the first filter that refuses the node for what runs on it; undefined where none is concerned. */
  readonly slotRefusedBy: Uint8Array | undefined;
  /** By zone: instances of the service beyond those in the zone with the fewest. */
  readonly zoneSkew: Float64Array;
  readonly mix: Mix;
  /** What nodes lack of the image; undefined where its layers are not known. */
  readonly image: ImageRoom | undefined;
  readonly filterIndex: Readonly<Record<'cpu' | 'memory' | 'ports' | 'disk', number>>;
}

const NO_IMAGE: ImageRoom = { missing: new Float64Array(0), whole: 0, least: 0, few: new Set() };

/** The best slots by the terms that concern every node, best first. */
export interface Shortlist {
  readonly slots: readonly number[];
  /** Of each: its points by those terms. */
  readonly points: readonly number[];
}

/**
 * One pass over all nodes. It keeps those with the most points by allocation, headroom, zone and image: the terms that
 * differ from node to node. The other terms concern few nodes; `Fleet` asks them of the slots listed here, in order. It
 * also asks the `few` nodes that have more of the image, whether they are listed or not.
 */
export function shortlist(
  columns: Columns,
  count: number,
  query: Query,
  limit: number,
  refusals: Refusals | undefined,
): Shortlist {
  const { kind, zone, freeCpu, freeMemory, hasPort, perCpu, perMemory, waste, emptySize, busy, rank } =
    columns;
  const { freeDisk } = columns;
  const { kindRefusedBy, slotRefusedBy, zoneSkew, wish, filterIndex, mix, image } = query;
  // The table of filters has the last word; sums of fractions must not hide a node from it.
  const [cpu, memory] = [wish.resources.cpu - 2 * EPSILON, wish.resources.memoryMiB - 2 * EPSILON];
  const [allocationWeight, headroomWeight, zonesWeight] = [allocation.weight, headroom.weight, zones.weight];
  const packs = query.policy === 'pack';
  const needsPort = wish.needsPort !== false;
  const best = new BestSlots(limit, rank);
  let least = Number.NEGATIVE_INFINITY;
  // Many nodes are empty, and those of a size are alike.
  const grownOnEmpty = new Float64Array(columns.sizesOfEmpty + 1).fill(Number.NaN);
  let mostGrown = Number.POSITIVE_INFINITY;
  const { missing, whole, least: leastMissing } = image ?? NO_IMAGE;
  const perRoom = whole === 0 ? 0 : imageTerm.weight / whole;
  // What a node may gain after the others were counted.
  const mostGain = image === undefined ? 0 : imageTerm.weight - leastMissing * perRoom;
  const disksRefuse = image !== undefined && whole > columns.leastFreeDisk(count);
  // What concerns no node of this wish is not read: a pass is as long as what it reads.
  const kindsRefuse = kindRefusedBy.some((by) => by !== 0);
  const zonesDiffer = zoneSkew.some((skew) => skew !== 0);
  for (let slot = 0; slot < count; slot += 1) {
    let by = kindsRefuse ? kindRefusedBy[kind[slot]!]! : 0;
    if (slotRefusedBy !== undefined) by = firstOf(by, slotRefusedBy[slot]!);
    const cpuAfter = freeCpu[slot]! - cpu;
    const memoryAfter = freeMemory[slot]! - memory;
    if (by !== 0) refusals?.add(by - 1, slot, 0);
    else if (cpuAfter < 0) refusals?.add(filterIndex.cpu, slot, freeCpu[slot]! - wish.resources.cpu);
    else if (memoryAfter < 0)
      refusals?.add(filterIndex.memory, slot, freeMemory[slot]! - wish.resources.memoryMiB);
    else if (needsPort && hasPort[slot] === 0) refusals?.add(filterIndex.ports, slot, -1);
    else if (disksRefuse && missing[slot]! > freeDisk[slot]!)
      refusals?.add(filterIndex.disk, slot, freeDisk[slot]! - missing[slot]!);
    else {
      let grown = 0;
      if (packs) {
        // Most nodes end here.
        if (-waste[slot]! > mostGrown) continue;
        const empty = emptySize[slot]!;
        grown = empty === 0 ? Number.NaN : grownOnEmpty[empty]!;
        if (Number.isNaN(grown)) grown = mix.waste(cpuAfter, memoryAfter) - waste[slot]!;
        if (empty !== 0) grownOnEmpty[empty] = grown;
        if (grown > mostGrown) continue;
      }
      const share = leastAllocated(cpuAfter * perCpu[slot]!, memoryAfter * perMemory[slot]!);
      let points = allocationWeight * (packs ? packed(grown, share) : share);
      if (points + mostGain < least) continue;
      if (image !== undefined && missing[slot] !== UNKNOWN_ROOM)
        points += imageTerm.weight - missing[slot]! * perRoom;
      if (columns.someBusy) points -= headroomWeight * busy[slot]!;
      if (zonesDiffer) points -= zonesWeight * zoneSkew[zone[slot]!]!;
      if (points < least) continue;
      least = best.offer(slot, points);
      mostGrown = grownFor((least - mostGain) / allocationWeight);
    }
  }
  return best;
}

const firstOf = (a: number, b: number): number => (a === 0 || (b !== 0 && b < a) ? b : a);

/** The slots with the most points so far, sorted; of equal ones, those of the first names. */
class BestSlots implements Shortlist {
  readonly slots: number[] = [];
  readonly points: number[] = [];

  constructor(
    private readonly limit: number,
    private readonly rank: Int32Array,
  ) {}

  /** @returns how many points it takes to be listed from now on */
  offer(slot: number, points: number): number {
    const { slots, limit } = this;
    if (slots.length === limit) {
      if (!this.isBetter(slot, points, limit - 1)) return this.least;
      slots.pop();
      this.points.pop();
    }
    let low = 0;
    let high = slots.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.isBetter(slot, points, middle)) high = middle;
      else low = middle + 1;
    }
    slots.splice(low, 0, slot);
    this.points.splice(low, 0, points);
    return this.least;
  }

  private get least(): number {
    return this.slots.length < this.limit ? Number.NEGATIVE_INFINITY : this.points[this.limit - 1]!;
  }

  private isBetter(slot: number, points: number, at: number): boolean {
    const other = this.points[at]!;
    return points > other || (points === other && this.rank[slot]! < this.rank[this.slots[at]!]!);
  }
}
