import type { ImageLayers } from '#libs/contracts';
import { LayerIndex } from './layer-index.js';
import { missingRoom, roomOfImage, sizedLayers } from './layers.js';
import type { Candidate } from './model.js';

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
  /** Undefined until an image is asked about: many copies of a fleet never are. */
  private index: LayerIndex | undefined;

  /** @param nodes by slot, as they are at each call */
  constructor(private readonly nodes: readonly Candidate[]) {}

  /** Has what is known of these, whose nodes are the same and have the same slots. */
  shareWith(others: ImageRooms): void {
    others.index = this.index?.shared();
  }

  /** Undefined where no node's layers are known. */
  of(image: ImageLayers): ImageRoom | undefined {
    this.index ??= indexOf(this.nodes);
    if (this.index.known === 0) return undefined;
    const whole = roomOfImage(image);
    const key = `${image.layers.at(-1)?.name} ${image.architecture} ${whole}`;
    const known = this.images.get(key);
    if (known !== undefined) this.images.delete(key);
    const room = known ?? this.ofAll(image, whole, this.index);
    this.images.set(key, room);
    return room;
  }

  /** Another node is there, or none any more, or it has other layers. */
  changed(slot: number): void {
    const node = this.nodes[slot];
    this.index?.set(slot, node);
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

  private ofAll(image: ImageLayers, whole: number, index: LayerIndex): KeptRoom {
    const few = new Set<number>();
    let least = whole;
    const { numbers, roomFrom } = sizedLayers(image);
    const missing = this.withNothing(image, whole, index);
    for (const [at, number] of numbers.entries()) {
      const slots = index.slotsWith(number);
      // Who has a layer has all below it.
      if (slots === undefined) break;
      if (slots.size === index.slotsWith(numbers[at + 1] ?? Number.NaN)?.size) continue;
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

  private withNothing({ architecture }: ImageLayers, whole: number, index: LayerIndex): Float64Array {
    const count = this.nodes.length;
    const freed = this.freed();
    const missing = freed !== undefined && freed.length >= count ? freed : new Float64Array(2 * count);
    missing.fill(whole, 0, count);
    if (index.areAllFor(architecture)) return missing;
    for (let slot = 0; slot < count; slot += 1)
      if (!index.isFor(architecture, slot)) missing[slot] = UNKNOWN_ROOM;
    return missing;
  }
}

function indexOf(nodes: readonly Candidate[]): LayerIndex {
  const index = new LayerIndex();
  for (const [slot, node] of nodes.entries()) index.set(slot, node);
  return index;
}
