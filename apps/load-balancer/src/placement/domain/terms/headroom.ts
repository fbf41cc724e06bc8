import type { Candidate } from '../model.js';
import { takenByOthers } from '../room.js';
import type { Term } from './term.js';

/**
 * The share of the CPU that others use, 0 to 1; undefined where it was not measured. It costs twice what the same in
 * reservations costs in `allocation`: of a reservation, a part is used now and then, and this is used now. With half of it, a
 * service of six went evenly onto three nodes of which one was busy. Memory that others use is no room at all, so
 * `allocation` counts it. (Scoring by measured use: Trimaran of kubernetes-sigs/scheduler-plugins.)
 */
export function busyness(node: Candidate): number | undefined {
  const others = takenByOthers(node, 'cpu');
  return others === undefined ? undefined : Math.min(1, others / node.total.cpu);
}

/** CPU that others use. Unit: -1 to 0; it does not apply where no figure is known. */
export const headroom: Term = {
  name: 'headroom',
  weight: 100,
  most: () => 0,
  value: (node) => {
    const busy = busyness(node);
    return busy === undefined ? undefined : 0 - busy;
  },
};
