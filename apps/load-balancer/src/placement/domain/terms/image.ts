import { missingRoom, roomOfImage } from '../layers.js';
import type { Term } from './term.js';

/** The share of an image that is there, 0 to 1. */
const shareThere = (missing: number, whole: number): number => (whole === 0 ? 1 : 1 - missing / whole);

/**
 * The share of the image's bytes that need not be pulled, by its layers (Kubernetes' ImageLocality, which counts the bytes of
 * images that are there: pkg/scheduler/framework/plugins/imagelocality). It is worth less than an instance of the service
 * costs in `nodes`, and than a twentieth of a node's room in `allocation`: neither one service nor all that share a base
 * pile up where that is. Unit: 0 to 1; it does not apply where nothing is known of the image's layers or the node's.
 */
export const image: Term = {
  name: 'image',
  weight: 5,
  most: () => 0,
  gains: ({ imageNodes }) => imageNodes ?? [],
  value: (node, { imageLayers }, { imageNodes }) => {
    if (imageNodes?.has(node.name)) return 1;
    if (imageLayers === undefined) return undefined;
    const missing = missingRoom(node, imageLayers);
    return missing === undefined ? undefined : shareThere(missing, roomOfImage(imageLayers));
  },
};
