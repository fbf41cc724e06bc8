import type { Columns } from './columns.js';

/** Nodes of a block. What changes on one node makes all of its block be looked at again. */
const NODES_OF_BLOCK = 32;
/** In place of the kind or zone of a block whose nodes differ there. */
export const MIXED = -1;

/** All nodes in blocks of nodes that are alike in size, zone and kind. So what is true of one is often true of its block. */
export class Blocks {
  /** Slots, a block after another. */
  readonly order: Uint32Array;
  readonly count: number;
  /** By block. */
  readonly kind: Int32Array;
  readonly zone: Int32Array;
  /** By block, from 1 on: a larger number whenever one of its nodes has changed. */
  readonly versions: Uint32Array;
  private readonly blockOf: Uint32Array;

  /** Of the first so many slots. */
  constructor(
    readonly nodes: number,
    { perCpu, perMemory, zone, kind, rank }: Columns,
  ) {
    this.order = Uint32Array.from({ length: nodes }, (_, slot) => slot).sort(
      (a, b) =>
        perCpu[a]! - perCpu[b]! ||
        perMemory[a]! - perMemory[b]! ||
        zone[a]! - zone[b]! ||
        kind[a]! - kind[b]! ||
        rank[a]! - rank[b]!,
    );
    this.count = Math.ceil(nodes / NODES_OF_BLOCK);
    this.blockOf = new Uint32Array(nodes);
    for (const [at, slot] of this.order.entries()) this.blockOf[slot] = Math.floor(at / NODES_OF_BLOCK);
    this.versions = new Uint32Array(this.count).fill(1);
    this.kind = this.common(kind);
    this.zone = this.common(zone);
  }

  /** The places of its slots in `order`: from this one, and up to `endOf`. */
  startOf(block: number): number {
    return block * NODES_OF_BLOCK;
  }

  endOf(block: number): number {
    return Math.min(this.nodes, (block + 1) * NODES_OF_BLOCK);
  }

  changed(slot: number): void {
    this.versions[this.blockOf[slot]!]! += 1;
  }

  allChanged(): void {
    for (let block = 0; block < this.count; block += 1) this.versions[block]! += 1;
  }

  private common(column: Uint32Array): Int32Array {
    return Int32Array.from({ length: this.count }, (_, block) => {
      const first = column[this.order[this.startOf(block)]!]!;
      for (let at = this.startOf(block); at < this.endOf(block); at += 1)
        if (column[this.order[at]!] !== first) return MIXED;
      return first;
    });
  }
}
