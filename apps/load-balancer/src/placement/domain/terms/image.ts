import type { Term } from './term.js';

/**
 * The share of the image that need not be pulled (Kubernetes' ImageLocality, by bytes of layers). It is worth less than
 * an instance of the service costs in `nodes`: a service spreads, also where each new node has to pull. Unit: 0 to 1; it
 * does not apply where nothing is known of the node's images.
 */
export const image: Term = {
  name: 'image',
  weight: 5,
  most: () => 0,
  gains: ({ imageShares }) => imageShares?.keys() ?? [],
  value: ({ name }, _, { imageShares }) => imageShares?.get(name),
};
