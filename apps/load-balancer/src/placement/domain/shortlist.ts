import { type Appraisal, NO_ROOM, type QuantityFilters } from './appraisal.js';
import { type Blocks, MIXED } from './blocks.js';
import type { Columns } from './columns.js';
import { type ImageRoom, UNKNOWN_ROOM } from './image-rooms.js';
import type { Wish } from './model.js';
import type { Refusals } from './refused.js';
import { image as imageTerm } from './terms/image.js';
import { zones } from './terms/spread.js';

/** What a wish comes to for all nodes at once. Filters are given by their place in the table plus one; 0 is none. */
export interface Query {
  readonly wish: Wish;
  readonly columns: Columns;
  readonly blocks: Blocks;
  readonly appraisal: Appraisal;
  /** By kind of node: the first filter that refuses it. */
  readonly kindRefusedBy: Uint8Array;
  /** By slot: the first filter that refuses the node for what runs on it; undefined where none is concerned. */
  readonly slotRefusedBy: Uint8Array | undefined;
  /** By zone: instances of the service beyond those in the zone with the fewest. */
  readonly zoneSkew: Float64Array;
  /** What nodes lack of the image; undefined where its layers are not known. */
  readonly image: ImageRoom | undefined;
  readonly quantityFilters: QuantityFilters;
  readonly diskFilter: number;
}

const NO_IMAGE: ImageRoom = { missing: new Float64Array(0), whole: 0, least: 0, few: new Set() };

/** The best slots by the terms that concern every node, best first. */
export interface Shortlist {
  readonly slots: readonly number[];
  /** Of each: its points by those terms. */
  readonly points: readonly number[];
}

/**
 * The nodes with the most points by allocation, headroom, zone and image: the terms that differ from node to node. The other
 * terms concern few nodes; `Fleet` asks them of the slots listed here, in order. It also asks the `few` nodes that have more
 * of the image, whether they are listed or not. Blocks are gone through from the one that promises most, until the next
 * one cannot have a node for the list.
 */
export function shortlist(query: Query, limit: number): Shortlist {
  const pass = new Pass(query);
  const best = new BestSlots(limit, query.columns.rank);
  const promised = pass.promised();
  for (;;) {
    const block = indexOfLargest(promised);
    const most = promised[block] ?? NO_ROOM;
    if (most === NO_ROOM || most < best.least) return best;
    pass.offer(block, best);
    promised[block] = NO_ROOM;
  }
}

/** Adds what each filter refuses. */
export function addRefused(query: Query, refusals: Refusals): void {
  const pass = new Pass(query);
  for (let block = 0; block < query.blocks.count; block += 1) pass.addRefused(block, refusals);
}

class Pass {
  private readonly kindsRefuse: boolean;
  private readonly disksRefuse: boolean;
  private readonly zonesDiffer: boolean;
  private readonly room: ImageRoom;
  /** Points that a GB of the image costs where it is missing. */
  private readonly perRoom: number;

  constructor(private readonly query: Query) {
    const { columns, blocks, kindRefusedBy, zoneSkew, image } = query;
    this.kindsRefuse = kindRefusedBy.some((by) => by !== 0);
    this.zonesDiffer = zoneSkew.some((skew) => skew !== 0);
    this.disksRefuse = image !== undefined && image.whole > columns.leastFreeDisk(blocks.nodes);
    this.room = image ?? NO_IMAGE;
    this.perRoom = this.room.whole === 0 ? 0 : imageTerm.weight / this.room.whole;
  }

  /** By block: no node there has more points. */
  promised(): Float64Array {
    const { query, room } = this;
    const { blocks } = query;
    const mostGain = query.image === undefined ? 0 : imageTerm.weight - room.least * this.perRoom;
    const promised = new Float64Array(blocks.count);
    for (let block = 0; block < blocks.count; block += 1)
      promised[block] = query.appraisal.mostPoints[block]! + mostGain - this.zoneLoss(blocks.zone[block]!);
    return promised;
  }

  offer(block: number, best: BestSlots): void {
    const { query, room, perRoom } = this;
    const { blocks } = query;
    const { zone } = query.columns;
    const { points: appraised } = query.appraisal;
    const mayRefuse = this.mayRefuse(block);
    const end = blocks.endOf(block);
    let { least } = best;
    for (let at = blocks.startOf(block); at < end; at += 1) {
      let points = appraised[at]!;
      if (points === NO_ROOM) continue;
      const slot = blocks.order[at]!;
      if (mayRefuse && this.refusedBy(slot) !== 0) continue;
      if (query.image !== undefined) {
        if (this.hasNoDisk(slot)) continue;
        if (room.missing[slot] !== UNKNOWN_ROOM) points += imageTerm.weight - room.missing[slot]! * perRoom;
      }
      if (this.zonesDiffer) points -= this.zoneLoss(zone[slot]!);
      if (points >= least) least = best.offer(slot, points);
    }
  }

  addRefused(block: number, refusals: Refusals): void {
    const { query } = this;
    const { blocks, appraisal, quantityFilters } = query;
    if (!this.mayRefuse(block) && !this.disksRefuse) {
      appraisal.addRefused(block, quantityFilters, refusals);
      return;
    }
    const end = blocks.endOf(block);
    for (let at = blocks.startOf(block); at < end; at += 1) {
      const slot = blocks.order[at]!;
      const by = this.refusedBy(slot);
      if (by !== 0) refusals.add(by - 1, slot, 0);
      else if (appraisal.points[at] === NO_ROOM) appraisal.addRefusedNode(slot, quantityFilters, refusals);
      else if (this.hasNoDisk(slot))
        refusals.add(query.diskFilter, slot, query.columns.freeDisk[slot]! - this.room.missing[slot]!);
    }
  }

  /** Whether a filter that goes by kind or slot may refuse a node there. */
  private mayRefuse(block: number): boolean {
    if (this.query.slotRefusedBy !== undefined) return true;
    const kind = this.query.blocks.kind[block]!;
    return this.kindsRefuse && (kind === MIXED || this.query.kindRefusedBy[kind] !== 0);
  }

  private refusedBy(slot: number): number {
    const { columns, kindRefusedBy, slotRefusedBy } = this.query;
    const by = kindRefusedBy[columns.kind[slot]!]!;
    return slotRefusedBy === undefined ? by : firstOf(by, slotRefusedBy[slot]!);
  }

  private hasNoDisk(slot: number): boolean {
    return this.disksRefuse && this.room.missing[slot]! > this.query.columns.freeDisk[slot]!;
  }

  private zoneLoss(zone: number): number {
    return zone === MIXED ? 0 : zones.weight * this.query.zoneSkew[zone]!;
  }
}

function indexOfLargest(numbers: Float64Array): number {
  let found = 0;
  for (let at = 1; at < numbers.length; at += 1) if (numbers[at]! > numbers[found]!) found = at;
  return found;
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

  /** How many points it takes to be listed. */
  get least(): number {
    return this.slots.length < this.limit ? NO_ROOM : this.points[this.limit - 1]!;
  }

  /** @returns how many points it takes to be listed from now on */
  offer(slot: number, points: number): number {
    const { slots, limit } = this;
    if (slots.length === limit) {
      if (!this.isBetter(slot, points, limit - 1)) return this.least;
      slots.pop();
      this.points.pop();
    }
    let at = slots.length;
    while (at > 0 && this.isBetter(slot, points, at - 1)) at -= 1;
    slots.splice(at, 0, slot);
    this.points.splice(at, 0, points);
    return this.least;
  }

  private isBetter(slot: number, points: number, at: number): boolean {
    const other = this.points[at]!;
    return points > other || (points === other && this.rank[slot]! < this.rank[this.slots[at]!]!);
  }
}
