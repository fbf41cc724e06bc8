import type { Term } from './term.js';

/**
 * The share of the image that need not be pulled (Kubernetes' ImageLocality, by bytes of layers). Unit: 0 to 1; it does
 * not apply where nothing is known of the node's images.
 */
export const image: Term = {
  name: 'image',
  weight: 10,
  most: ({ imageShares }) => (imageShares === undefined ? 0 : 1),
  value: ({ name }, _, { imageShares }) => imageShares?.get(name),
};
