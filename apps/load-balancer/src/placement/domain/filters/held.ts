import type { Filter } from './filter.js';

/** Not where room is kept for the first in line of those that wait (`waiting-line.ts`). */
export const held: Filter = {
  name: 'held',
  asks: 'node',
  concerns: ({ heldNodes = [] }) => heldNodes.length > 0,
  refuses: (node, { heldNodes = [] }) => heldNodes.includes(node.name),
  reason: () => 'is kept for an instance that waits for room',
};
