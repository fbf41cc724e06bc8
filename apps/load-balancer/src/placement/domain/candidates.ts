import type { Candidate, Resources } from './place.js';

/** A node as the registry shows it. */
export interface EnrolledNode {
  readonly name: string;
  readonly state: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Host ports for instances, both ends included. */
  readonly firstPort: number;
  readonly lastPort: number;
}

/** What is reserved on one node. */
export interface Reserved extends Resources {
  readonly node: string;
  /** Reservations of the service that is to be placed. */
  readonly sameService: number;
  readonly takenPorts: readonly number[];
}

const NOTHING = { cpu: 0, memoryMiB: 0, sameService: 0, takenPorts: [] };

/** Every enrolled node with what is reserved on it. Reservations on nodes that are enrolled no more count for nothing. */
export function candidatesOf(
  nodes: readonly EnrolledNode[],
  reservations: readonly Reserved[],
): readonly Candidate[] {
  const byNode = new Map(reservations.map((reserved) => [reserved.node, reserved]));
  return nodes.map(({ name, state, cpus, memoryBytes, firstPort, lastPort }) => {
    const { cpu, memoryMiB, sameService, takenPorts } = byNode.get(name) ?? NOTHING;
    return {
      ...{ name, state, firstPort, lastPort, sameService },
      total: { cpu: cpus, memoryMiB: Math.floor(memoryBytes / 1_048_576) },
      reserved: { cpu, memoryMiB },
      takenPorts: new Set(takenPorts),
    };
  });
}
