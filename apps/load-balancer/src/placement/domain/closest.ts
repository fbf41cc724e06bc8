import { filters } from './filters.js';
import { type Candidate, type FleetFacts, NOTHING_RESERVED, type Wish } from './model.js';
import { firstRefusal } from './refused.js';

const emptied = (node: Candidate): Candidate => ({
  ...node,
  reserved: NOTHING_RESERVED,
  takenPorts: new Set(),
  instances: new Map(),
});

/** Whether it could take the instance if it were empty. Pure. */
export const couldTake = (node: Candidate, wish: Wish, facts: FleetFacts): boolean =>
  firstRefusal(emptied(node), wish, facts) === undefined;

/**
 * How much is missing until the node can take the instance: the largest share of what it asks for, of CPU, memory, ports
 * and disk. Undefined where the node could not take it even if it were empty. Pure.
 */
export function shortfall(node: Candidate, wish: Wish, facts: FleetFacts): number | undefined {
  if (!couldTake(node, wish, facts)) return undefined;
  return filters.reduce((most, { quantity }) => {
    if (quantity === undefined) return most;
    const needed = quantity.needed(wish, node);
    return Math.max(most, needed === 0 ? 0 : (needed - quantity.free(node)) / needed);
  }, 0);
}
