import type { Filter } from './filter.js';

/** A node whose login cannot be opened is ruled out like one that is full: a later try would not help. */
export const login: Filter = {
  name: 'login',
  asks: 'node',
  concerns: ({ unusableNodes = [] }) => unusableNodes.length > 0,
  refuses: (node, { unusableNodes = [] }) => unusableNodes.includes(node.name),
  reason: () => 'its login rests under a key that is not in SLIPWAY_NODE_KEY: enrol the node again',
};
