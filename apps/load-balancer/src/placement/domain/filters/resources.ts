import { freeCpu, freeMemory, takenByOthers } from '../room.js';
import { EPSILON, type Filter, short } from './filter.js';

/**
 * What is reserved and what is asked for fit into what instances may have: the node's capacity less what its owner keeps
 * for others (Kubernetes: NodeResourcesFit, requests against allocatable). Where overcommit is allowed, measured use may
 * leave more (see `freeCpu`). Unit: cores.
 */
export const cpu: Filter = {
  name: 'cpu',
  asks: 'node',
  refuses: (node, { resources }) => resources.cpu > freeCpu(node) + EPSILON,
  reason: ({ total, reserved, overcommit = 1, measured }, { resources }) => {
    const bound = overcommit > 1 ? `, and at most ${short(overcommit * total.cpu)} by measured use` : '';
    const used = measured?.usedCpu;
    const measuredUse = overcommit > 1 && used !== undefined ? ` (${short(used)} measured)` : '';
    return (
      `not enough CPU: needed ${short(resources.cpu)}, ` +
      `used ${short(reserved.cpu)}${measuredUse} of ${short(total.cpu)} cores${bound}`
    );
  },
  quantity: { unit: 'cores', needed: ({ resources }) => resources.cpu, free: freeCpu },
};

/** The same of memory, of which nothing is ever reserved that others use (see `freeMemory`). Unit: MiB. */
export const memory: Filter = {
  name: 'memory',
  asks: 'node',
  refuses: (node, { resources }) => resources.memoryMiB > freeMemory(node) + EPSILON,
  reason: (node, { resources }) => {
    const others = takenByOthers(node, 'memoryMiB') ?? 0;
    return (
      `not enough memory: needed ${short(resources.memoryMiB)}, ` +
      `used ${short(node.reserved.memoryMiB)} of ${short(node.total.memoryMiB)} MiB` +
      (others > 0 ? `, and other programs use ${short(others)} MiB` : '')
    );
  },
  quantity: { unit: 'MiB', needed: ({ resources }) => resources.memoryMiB, free: freeMemory },
};
