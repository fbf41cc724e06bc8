import type { Resources } from '../model.js';
import type { Term } from './term.js';

/**
 * The mean share of CPU and memory that is in use beyond what is reserved, as a loss of 0 to 1. With the policy `spread`
 * the score then is LeastAllocated over the larger of reserved and measured: a node that is busy with something else
 * counts as full. (Scoring by measured use: Trimaran of kubernetes-sigs/scheduler-plugins.)
 */
export const busyness = (used: Resources, reserved: Resources, total: Resources): number =>
  (Math.max(0, used.cpu - reserved.cpu) / total.cpu +
    Math.max(0, used.memoryMiB - reserved.memoryMiB) / total.memoryMiB) /
  2;

/** Measured use beyond the reservations. Unit: -1 to 0; it does not apply where no figure is known. */
export const headroom: Term = {
  name: 'headroom',
  weight: 100,
  most: () => 0,
  value: ({ used, reserved, total }) => (used === undefined ? undefined : -busyness(used, reserved, total)),
};
