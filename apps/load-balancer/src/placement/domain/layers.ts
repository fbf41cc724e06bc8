import type { ImageLayers } from '#libs/contracts';
import { numberOf } from './layer-set.js';
import type { Candidate } from './model.js';

/**
 * What a layer takes on the disk of a node, in bytes for each byte of it in the registry. Compressed, it is kept by the
 * image store of containerd, and by others while it is pulled; and unpacked it is about 2.7 times as large
 * (docs/explanation/sim-placement.md has the measurement).
 */
export const DISK_FOR_COMPRESSED = 3.7;
const GB = 1e9;

export interface SizedLayers {
  /** From the lowest to the highest. */
  readonly numbers: readonly number[];
  /** What this layer and all above it take on a disk, GB; behind the highest, 0. */
  readonly roomFrom: readonly number[];
}

/** A request keeps its layers as they are: they are read once. */
const sized = new WeakMap<ImageLayers, SizedLayers>();

export function sizedLayers(image: ImageLayers): SizedLayers {
  const known = sized.get(image);
  if (known !== undefined) return known;
  const roomFrom = [0];
  for (const { bytes } of image.layers.toReversed())
    roomFrom.unshift(roomFrom[0]! + (bytes * DISK_FOR_COMPRESSED) / GB);
  const layers = { numbers: image.layers.map(({ name }) => numberOf(name, 0)), roomFrom };
  sized.set(image, layers);
  return layers;
}

/** What the image takes on the disk of a node that has nothing of it. Unit: GB. */
export const roomOfImage = (image: ImageLayers): number => sizedLayers(image).roomFrom[0]!;

/**
 * What those layers of an image take on the node's disk that it lacks. The name of a layer stands for all below it too, so
 * the highest one that is there says it all. Undefined where the node's layers are not known, or the image's are those of
 * another architecture. Unit: GB.
 */
export function missingRoom({ measured, architecture }: Candidate, image: ImageLayers): number | undefined {
  const there = measured?.layers;
  const isOther =
    image.architecture !== undefined && architecture !== undefined && image.architecture !== architecture;
  if (there === undefined || isOther) return undefined;
  const { numbers, roomFrom } = sizedLayers(image);
  let missing = numbers.length;
  while (missing > 0 && !there.has(numbers[missing - 1]!)) missing -= 1;
  return roomFrom[missing];
}
