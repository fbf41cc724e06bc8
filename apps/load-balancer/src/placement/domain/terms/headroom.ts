import type { Candidate } from '../model.js';
import { takenByOthers } from '../room.js';
import type { Term } from './term.js';

/**
 * Half of the share of the CPU that others use, 0 to 0.5; undefined where it was not measured. With the policy `spread`
 * the score then is LeastAllocated over what is reserved and what others use: a node that is busy with something else
 * counts as full. Memory that others use is no room at all, so `allocation` counts it. (Scoring by measured use: Trimaran
 * of kubernetes-sigs/scheduler-plugins.)
 */
export function busyness(node: Candidate): number | undefined {
  const others = takenByOthers(node, 'cpu');
  return others === undefined ? undefined : Math.min(1, others / node.total.cpu) / 2;
}

/** CPU that others use. Unit: -0.5 to 0; it does not apply where no figure is known. */
export const headroom: Term = {
  name: 'headroom',
  weight: 100,
  most: () => 0,
  value: (node) => {
    const busy = busyness(node);
    return busy === undefined ? undefined : 0 - busy;
  },
};
