import type { Filter } from './filter.js';

/** Only a ready node takes instances: not one that is cordoned, draining or unreachable. */
export const state: Filter = {
  name: 'state',
  asks: 'kind',
  refuses: (node) => node.state !== 'ready',
  reason: (node) => `is ${node.state}`,
};
