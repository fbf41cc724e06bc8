import type { LayerSet } from './layer-set.js';
import type { Candidate } from './model.js';

/** A list of no more slots is read as it is. */
const FEW = 64;
/** In place of the architecture of a node whose layers are not known. */
const NO_LAYERS = Symbol('no layers');
type Architecture = string | undefined | typeof NO_LAYERS;

/** Which nodes of a fleet have a layer, by their slots. */
export class LayerIndex {
  /** By slot: what the index has of it. */
  private readonly layers: (LayerSet | undefined)[];
  private readonly architectures: Architecture[];
  /** How many nodes are of each. */
  private readonly counts: Map<Architecture, number>;
  /** By the number of a layer. */
  private readonly lists: Map<number, Slots>;

  constructor(from?: LayerIndex) {
    this.layers = from?.layers.slice() ?? [];
    this.architectures = from?.architectures.slice() ?? [];
    this.counts = new Map(from?.counts);
    this.lists = new Map(from?.lists);
  }

  /** The same: lists are shared until one of both changes them. */
  shared(): LayerIndex {
    for (const slots of this.lists.values()) slots.isShared = true;
    return new LayerIndex(this);
  }

  /** How many nodes' layers are known. */
  get known(): number {
    let known = 0;
    for (const [architecture, count] of this.counts) if (architecture !== NO_LAYERS) known += count;
    return known;
  }

  /** Undefined where none has it. */
  slotsWith(layer: number): Slots | undefined {
    return this.lists.get(layer);
  }

  /** Whether it is known what the node has of images for this architecture; of one that is not known, any will do. */
  isFor(architecture: string | undefined, slot: number): boolean {
    return isFor(this.architectures[slot], architecture);
  }

  areAllFor(architecture: string | undefined): boolean {
    return [...this.counts].every(([own, count]) => count === 0 || isFor(own, architecture));
  }

  /** Undefined: no node is there any more. */
  set(slot: number, node: Candidate | undefined): void {
    const layers = node?.measured?.layers;
    if (slot < this.architectures.length) this.count(this.architectures[slot], -1);
    if (node === undefined) this.architectures.length = slot;
    else {
      this.architectures[slot] = layers === undefined ? NO_LAYERS : node.architecture;
      this.count(this.architectures[slot], 1);
    }
    const before = this.layers[slot];
    if (before === layers) return;
    for (const number of before?.numbers ?? []) this.changed(number).delete(slot);
    for (const number of layers?.numbers ?? []) this.changed(number).add(slot);
    for (const number of before?.numbers ?? [])
      if (this.lists.get(number)?.size === 0) this.lists.delete(number);
    this.layers[slot] = layers;
  }

  private count(architecture: Architecture, by: 1 | -1): void {
    this.counts.set(architecture, (this.counts.get(architecture) ?? 0) + by);
  }

  /** A list that may be changed. */
  private changed(layer: number): Slots {
    const slots = this.lists.get(layer);
    if (slots !== undefined && !slots.isShared) return slots;
    const own = new Slots(slots);
    this.lists.set(layer, own);
    return own;
  }
}

const isFor = (own: Architecture, architecture: string | undefined): boolean =>
  own !== NO_LAYERS && (own === undefined || architecture === undefined || own === architecture);

/** Slots that come and go seldom. Those of a base are thousands, and read for each image: an array is quicker than a set. */
export class Slots {
  /** By more than one index: none of them changes it. */
  isShared = false;
  private readonly set: Set<number>;
  private array: Int32Array | undefined;

  constructor(from?: Slots) {
    this.set = new Set(from?.set);
  }

  get size(): number {
    return this.set.size;
  }

  get listed(): Iterable<number> {
    if (this.size <= FEW) return this.set;
    this.array ??= Int32Array.from(this.set);
    return this.array;
  }

  add(slot: number): void {
    this.set.add(slot);
    this.array = undefined;
  }

  delete(slot: number): void {
    this.set.delete(slot);
    this.array = undefined;
  }
}
