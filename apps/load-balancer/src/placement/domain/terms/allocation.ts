import { freeCpu, freeMemory } from '../room.js';
import type { Term } from './term.js';

/**
 * LeastAllocated of Kubernetes (kube-scheduler, NodeResourcesFit, equal weights): the mean share of CPU and memory that
 * stays free with the instance on it, 0 to 1.
 */
export const leastAllocated = (freeCpu: number, freeMemory: number): number =>
  (Math.max(0, freeCpu) + Math.max(0, freeMemory)) / 2;

/** Of 21 parts, 20 go by waste and one by how full the node is: of nodes without waste, the fullest. */
const FULLNESS = 1 / 21;

/**
 * Fragmentation gradient descent (Weng et al., USENIX ATC 2023; see `Mix`): best is the node whose room of no use grows
 * least, or shrinks most, with the instance on it; and of equal ones the fullest, as best fit has it. 0 to 1.
 * `grown` is in mean instances; the further from 0, the less a difference counts.
 */
export function packed(grown: number, freeShare: number): number {
  const kept = (1 - grown / (1 + Math.abs(grown))) / 2;
  return (1 - FULLNESS) * kept + FULLNESS * (1 - freeShare);
}

/** How well the instance fits to the room that is left. Unit: 0 to 1. */
export const allocation: Term = {
  name: 'allocation',
  weight: 100,
  most: () => 1,
  value: (node, { resources }, { mix }, policy) => {
    const free = { cpu: freeCpu(node), memoryMiB: freeMemory(node) };
    const [cpu, memory] = [free.cpu - resources.cpu, free.memoryMiB - resources.memoryMiB];
    const share = leastAllocated(cpu / node.total.cpu, memory / node.total.memoryMiB);
    if (policy === 'spread') return share;
    return packed(mix.waste(cpu, memory) - mix.waste(free.cpu, free.memoryMiB), share);
  },
};
