import type { Filter } from './filter.js';

/** Not where the instance has just failed in a way that another try does not change. */
export const justFailed: Filter = {
  name: 'just-failed',
  asks: 'node',
  concerns: ({ exceptNodes = [] }) => exceptNodes.length > 0,
  refuses: (node, { exceptNodes = [] }) => exceptNodes.includes(node.name),
  reason: () => 'has just failed the instance',
};
