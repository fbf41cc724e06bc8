import type { Filter } from './filter.js';

/** A service with volumes runs where they lie. */
export const volumes: Filter = {
  name: 'volumes',
  asks: 'node',
  concerns: ({ onNode }) => onNode !== undefined,
  refuses: (node, { onNode }) => onNode !== undefined && node.name !== onNode,
  reason: (_, { onNode }) => `the volumes of the service are on ${onNode}`,
};
