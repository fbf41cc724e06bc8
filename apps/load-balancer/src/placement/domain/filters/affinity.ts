import type { Filter } from './filter.js';

/**
 * On a node that runs each of the services named. One that runs nowhere yet hinders nothing: otherwise two services that
 * name each other could never start. (Kubernetes: podAffinity by host name, with this exception for the first pod.)
 */
export const affinity: Filter = {
  name: 'affinity',
  asks: 'node',
  concerns: ({ placement }) => (placement?.affinity?.length ?? 0) > 0,
  refuses: (node, { placement }, facts) =>
    placement?.affinity?.some((service) => {
      const nodes = facts.nodesOf(service);
      return nodes.size > 0 && !nodes.has(node.name);
    }) ?? false,
  reason: (_, { placement }) => `does not run ${placement?.affinity?.join(' and ')} (affinity)`,
};

/** On a node that runs none of the services named (Kubernetes: podAntiAffinity by host name). */
export const antiAffinity: Filter = {
  name: 'anti-affinity',
  asks: 'node',
  concerns: ({ placement }) => (placement?.antiAffinity?.length ?? 0) > 0,
  refuses: (node, { placement }, facts) =>
    placement?.antiAffinity?.some((service) => facts.nodesOf(service).has(node.name)) ?? false,
  reason: (_, { placement }) => `runs ${placement?.antiAffinity?.join(' or ')} (anti-affinity)`,
};
