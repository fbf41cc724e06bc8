import { type Candidate, NOTHING_RESERVED, type Reserved } from './place.js';

/** A node as the registry shows it. */
export interface EnrolledNode {
  readonly name: string;
  readonly state: string;
  /** What instances may have. */
  readonly allocatableCpus: number;
  readonly allocatableMemoryBytes: number;
  /** Host ports for instances, both ends included. */
  readonly firstPort: number;
  readonly lastPort: number;
}

export interface ReservedOnNode extends Reserved {
  readonly node: string;
  readonly takenPorts: readonly number[];
}

/** What is known of the host ports of a node beside the reservations. */
export interface PortsOfNode {
  readonly node: string;
  /** The one that was handed out last. */
  readonly portBefore: number;
  /** Lately something that Slipway did not start was found to listen at these. */
  readonly foundTaken: readonly number[];
}

/** Nobody asks why a node that was removed takes nothing. */
const isThere = ({ state }: EnrolledNode): boolean => state !== 'gone';

/** Every enrolled node with what is reserved on it. Reservations on nodes that are enrolled no more count for nothing. */
export function candidatesOf(
  nodes: readonly EnrolledNode[],
  reservations: readonly ReservedOnNode[],
  ports: readonly PortsOfNode[] = [],
): readonly Candidate[] {
  const byNode = new Map(reservations.map(({ node, ...reserved }) => [node, reserved]));
  const portsOf = new Map(ports.map((of) => [of.node, of]));
  return nodes.filter(isThere).map(({ name, state, firstPort, lastPort, ...node }) => {
    const { takenPorts, ...reserved } = byNode.get(name) ?? { ...NOTHING_RESERVED, takenPorts: [] };
    return {
      ...{ name, state, firstPort, lastPort, reserved },
      total: { cpu: node.allocatableCpus, memoryMiB: Math.floor(node.allocatableMemoryBytes / 1_048_576) },
      takenPorts: new Set([...takenPorts, ...(portsOf.get(name)?.foundTaken ?? [])]),
      portBefore: portsOf.get(name)?.portBefore,
    };
  });
}
