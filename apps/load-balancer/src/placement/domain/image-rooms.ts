import type { ImageLayers } from '#libs/contracts';
import type { LayerSet } from './layer-set.js';
import { missingRoom, roomOfImage, sizedLayers } from './layers.js';
import type { Candidate } from './model.js';
import { Numbering } from './numbering.js';

/** Of so many images it is remembered what each node lacks: with 10,000 nodes, 10 MB. */
const MOST_IMAGES = 64;
/** Nodes with more of an image than others have are asked each for itself, as long as there are no more. */
const MOST_OF_FEW = 64;
/** In place of a room that is not known. */
export const UNKNOWN_ROOM = -1;

/** Good until the next image is asked about. */
export interface ImageRoom {
  /** By slot: what the missing layers take on the disk, GB; UNKNOWN_ROOM where that is not known. */
  readonly missing: Float64Array;
  /** What the whole image takes, GB. */
  readonly whole: number;
  /** No node misses less, but for the few. */
  readonly least: number;
  /** By slot: nodes that have more of it than most. */
  readonly few: ReadonlySet<number>;
}

interface KeptRoom extends ImageRoom {
  readonly image: ImageLayers;
  readonly few: Set<number>;
}

/**
 * What each node of a fleet lacks of an image: `missingRoom` of all nodes at once, by an index of the nodes that have a
 * layer. Most layers are on few nodes, and those of a base on many: of an image, a few lists are read.
 */
export class ImageRooms {
  private readonly images = new Map<string, KeptRoom>();
  /** By the number of a layer. */
  private readonly slotsWith = new Map<number, Slots>();
  /** By slot: what the index has of it. */
  private readonly indexed: (LayerSet | undefined)[] = [];
  /** By slot: the number of its architecture plus one; 0 where its layers are not known. */
  private readonly codes: number[] = [];
  private readonly architectures = new Numbering<string | undefined>();
  private known = 0;

  /** @param nodes by slot, as they are at each call */
  constructor(private readonly nodes: readonly Candidate[]) {}

  /** Undefined where no node's layers are known. */
  of(image: ImageLayers): ImageRoom | undefined {
    if (this.known === 0) return undefined;
    const whole = roomOfImage(image);
    const key = `${image.layers.at(-1)?.name} ${image.architecture} ${whole}`;
    const known = this.images.get(key);
    if (known !== undefined) this.images.delete(key);
    const room = known ?? this.ofAll(image, whole, this.freed());
    this.images.set(key, room);
    return room;
  }

  /** Another node is there, or none any more, or it has other layers. */
  changed(slot: number): void {
    const node = this.nodes[slot];
    this.index(slot, node?.measured?.layers);
    this.codes[slot] = node?.measured?.layers === undefined ? 0 : 1 + this.architectureOf(node.architecture);
    if (node === undefined) return;
    for (const [key, { missing, image, least, few }] of this.images) {
      const room = missingRoom(node, image) ?? UNKNOWN_ROOM;
      if (room === UNKNOWN_ROOM || room >= least) few.delete(slot);
      else few.add(slot);
      if (slot >= missing.length || few.size > MOST_OF_FEW) this.images.delete(key);
      else missing[slot] = room;
    }
  }

  /** The array of the image that was asked for longest ago, where there are enough: the next one has it. */
  private freed(): Float64Array | undefined {
    if (this.images.size < MOST_IMAGES) return undefined;
    const [oldest] = this.images;
    if (oldest === undefined) return undefined;
    this.images.delete(oldest[0]);
    return oldest[1].missing;
  }

  private index(slot: number, layers: LayerSet | undefined): void {
    const before = this.indexed[slot];
    if (before === layers) return;
    for (const number of before?.numbers ?? []) {
      const slots = this.slotsWith.get(number);
      slots?.delete(slot);
      if (slots?.size === 0) this.slotsWith.delete(number);
    }
    for (const number of layers?.numbers ?? []) {
      const slots = this.slotsWith.get(number);
      if (slots === undefined) this.slotsWith.set(number, new Slots(slot));
      else slots.add(slot);
    }
    this.known += Number(layers !== undefined) - Number(before !== undefined);
    this.indexed[slot] = layers;
  }

  private architectureOf(name: string | undefined): number {
    return this.architectures.of(name ?? '', name);
  }

  private ofAll(image: ImageLayers, whole: number, freed: Float64Array | undefined): KeptRoom {
    const few = new Set<number>();
    let least = whole;
    const { numbers, roomFrom } = sizedLayers(image);
    const missing = this.withNothing(image, whole, freed);
    for (const [at, number] of numbers.entries()) {
      const slots = this.slotsWith.get(number);
      // Who has a layer has all below it.
      if (slots === undefined) break;
      if (slots.size === this.slotsWith.get(numbers[at + 1] ?? Number.NaN)?.size) continue;
      const room = roomFrom[at + 1]!;
      const isOfFew = slots.size <= MOST_OF_FEW;
      if (!isOfFew) least = room;
      for (const slot of slots.listed) {
        if (missing[slot] === UNKNOWN_ROOM) continue;
        missing[slot] = room;
        if (isOfFew) few.add(slot);
      }
    }
    return { image, whole, missing, least, few };
  }

  private withNothing(
    { architecture }: ImageLayers,
    whole: number,
    freed: Float64Array | undefined,
  ): Float64Array {
    const count = this.nodes.length;
    const missing = freed !== undefined && freed.length >= count ? freed : new Float64Array(2 * count);
    const [any, own] = [undefined, architecture].map((name) => 1 + this.architectureOf(name));
    for (let slot = 0; slot < count; slot += 1) {
      const code = this.codes[slot]!;
      const isKnown = code !== 0 && (architecture === undefined || code === own || code === any);
      missing[slot] = isKnown ? whole : UNKNOWN_ROOM;
    }
    return missing;
  }
}

/** Slots that come and go seldom. Those of a base are thousands, and read for each image: an array is quicker than a set. */
class Slots {
  private readonly set: Set<number>;
  private array: Int32Array | undefined;

  constructor(first: number) {
    this.set = new Set([first]);
  }

  get size(): number {
    return this.set.size;
  }

  get listed(): Iterable<number> {
    if (this.size <= MOST_OF_FEW) return this.set;
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
