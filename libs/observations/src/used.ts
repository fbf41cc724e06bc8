import type { ObservedNode } from './observed-node.js';

/** Cores that nobody else can have: what a hypervisor took for other machines (steal) counts, idle and iowait do not. */
export const usedCores = ({ host: { cpu } }: Pick<ObservedNode, 'host'>): number =>
  cpu.user + cpu.system + cpu.steal;

/** Memory that programs could not have, in bytes; undefined until the size of the node is known. */
export const usedMemoryBytes = ({ host, sizes }: Pick<ObservedNode, 'host' | 'sizes'>): number | undefined =>
  sizes && Math.max(0, sizes.memoryBytes - host.memoryAvailableBytes);
