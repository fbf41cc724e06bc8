import { missingRoom, roomOfImage } from '../layers.js';
import type { Candidate, Wish } from '../model.js';
import { type Filter, short } from './filter.js';

const WHAT = "the image's missing layers need";

const needed = (node: Candidate, { imageLayers }: Wish): number =>
  (imageLayers && missingRoom(node, imageLayers)) ?? 0;

/** Without bound where it is not known. */
export const freeDisk = ({ measured }: Candidate): number => measured?.freeDisk ?? Number.POSITIVE_INFINITY;

/**
 * The layers of the image that the node lacks fit onto the disk of its engine, with a margin (see `measuredOf`). What is not
 * known refuses nothing, and a node that has the whole image needs no room. Unit: GB.
 */
export const disk: Filter = {
  name: 'disk',
  asks: 'node',
  refuses: (node, wish, { imageNodes }) => {
    const free = freeDisk(node);
    // Most disks have room for all of it.
    if (wish.imageLayers === undefined || roomOfImage(wish.imageLayers) <= free) return false;
    return needed(node, wish) > free && imageNodes?.has(node.name) !== true;
  },
  reason: (node, wish) =>
    `not enough disk: ${WHAT} ${short(needed(node, wish))} GB, ${short(freeDisk(node))} GB free`,
  quantity: { what: WHAT, unit: 'GB', needed: (wish, node) => needed(node, wish), free: freeDisk },
};
