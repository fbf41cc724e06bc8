import type { Filter } from './filter.js';

/** A move is worth its while on the node that it was decided for, and nowhere else. */
export const moveTarget: Filter = {
  name: 'move-target',
  asks: 'node',
  concerns: ({ toNode }) => toNode !== undefined,
  refuses: (node, { toNode }) => toNode !== undefined && node.name !== toNode,
  reason: (_, { toNode }) => `is not ${toNode}, to which the instance is to move`,
};
