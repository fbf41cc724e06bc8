import type { Filter } from './filter.js';

/** An image runs on the processors it was built for. What is not known of image or node hinders nothing. */
export const architecture: Filter = {
  name: 'architecture',
  asks: 'kind',
  refuses: (node, wish) =>
    wish.architecture !== undefined &&
    node.architecture !== undefined &&
    wish.architecture !== node.architecture,
  reason: (node, wish) => `is ${node.architecture}, and the image is for ${wish.architecture}`,
};
