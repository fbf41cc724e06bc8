import type { Filter } from './filter.js';

/** Not where another placing holds the lock of the node, while there is room elsewhere. */
export const busy: Filter = {
  name: 'busy',
  asks: 'node',
  concerns: ({ busyNodes }) => busyNodes !== undefined && busyNodes.size > 0,
  refuses: (node, { busyNodes }) => busyNodes?.has(node.name) ?? false,
  reason: () => 'gives room to another instance at this moment',
};
