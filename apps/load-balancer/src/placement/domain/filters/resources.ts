import type { Candidate, Resources, Wish } from '../model.js';
import { EPSILON, type Filter, short } from './filter.js';

/**
 * What is reserved and what is asked for fit into what instances may have: the node's capacity less what its owner keeps
 * for others (Kubernetes: NodeResourcesFit, requests against allocatable).
 */
const fits = (kind: keyof Resources, name: string, label: string, unit: string): Filter => ({
  name,
  asks: 'node',
  refuses: (node, wish) => node.reserved[kind] + wish.resources[kind] > node.total[kind] + EPSILON,
  reason: ({ total, reserved }, { resources }) =>
    `not enough ${label}: needed ${short(resources[kind])}, ` +
    `used ${short(reserved[kind])} of ${short(total[kind])} ${unit}`,
  quantity: {
    unit,
    needed: ({ resources }: Wish) => resources[kind],
    free: ({ total, reserved }: Candidate) => total[kind] - reserved[kind],
  },
});

/** Unit: cores. */
export const cpu = fits('cpu', 'cpu', 'CPU', 'cores');
/** Unit: MiB. */
export const memory = fits('memoryMiB', 'memory', 'memory', 'MiB');
