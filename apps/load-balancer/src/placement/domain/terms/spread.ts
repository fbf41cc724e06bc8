import type { FleetFacts } from '../model.js';
import type { Term } from './term.js';

/** Instances of the service on the node, as a loss: a service spreads over nodes. Unit: instances. */
export const nodes: Term = {
  name: 'nodes',
  weight: 10,
  most: () => 0,
  value: ({ instances }, _, { key }) => 0 - (instances.get(key)?.count ?? 0),
};

export const zoneSkew = (zone: string, { inZone, fewestInZone }: FleetFacts): number =>
  (inZone.get(zone) ?? 0) - fewestInZone;

/**
 * Instances of the service in the node's zone beyond those in the zone with the fewest, as a loss (the skew of
 * Kubernetes' PodTopologySpread). Unit: instances; it does not apply to a node without a zone.
 */
export const zones: Term = {
  name: 'zones',
  weight: 5,
  most: () => 0,
  value: ({ zone }, _, facts) => (zone === undefined ? undefined : 0 - zoneSkew(zone, facts)),
};
