import type { Term } from './term.js';

/** More failures than this make a node no worse (Swarm: five within five minutes). */
const MOST_FAILURES = 5;

/**
 * Failures of the service on the node within FAILURE_WINDOW_MS, as a loss. A term and no filter: a service that fails
 * wherever it runs would otherwise be refused by every node, and its own fault hidden. (Swarm likewise ranks such nodes
 * behind all others: manager/scheduler.) Unit: failures.
 */
export const failures: Term = {
  name: 'failures',
  weight: 20,
  most: () => 0,
  value: ({ name }, _, facts) => {
    const count = facts.failures?.get(name);
    return count === undefined ? undefined : 0 - Math.min(MOST_FAILURES, count);
  },
};

/** A node that the request asks to avoid comes behind all others. Unit: -1 or 0. */
export const avoided: Term = {
  name: 'avoided',
  weight: 10_000,
  most: () => 0,
  value: (node, { avoidNodes }) => (avoidNodes.includes(node.name) ? -1 : undefined),
};
