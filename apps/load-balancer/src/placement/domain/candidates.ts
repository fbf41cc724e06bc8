import { imageArchitecture } from '#libs/contracts';
import type { Measured } from './measured.js';
import { type Candidate, NOTHING_RESERVED, serviceKey } from './place.js';

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
  readonly labels: Readonly<Record<string, string>>;
  readonly zone: string | null;
  /** As its engine names it. */
  readonly architecture: string | null;
}

/** The live reservations of one service on a node. */
export interface ReservedOnNode {
  readonly node: string;
  readonly appId: string;
  readonly service: string;
  readonly instances: number;
  readonly cpu: number;
  readonly memoryMiB: number;
  /** Of these cores, those that were reserved within the last hour. */
  readonly youngCpu: number;
  readonly takenPorts: readonly number[];
}

/** What is known of the host ports of a node beside the reservations. */
export interface PortsOfNode {
  readonly node: string;
  /** The one that was handed out last. */
  readonly portBefore: number;
  /** Lately something that Slipway did not start was found to listen at these. */
  readonly foundTaken: readonly number[];
  /** Those of instances that ended lately. */
  readonly endedPorts: readonly number[];
}

/** Nobody asks why a node that was removed takes nothing. */
const isThere = ({ state }: EnrolledNode): boolean => state !== 'gone';

/** What is not read from the database. */
export interface Beside {
  readonly measured?: (node: string) => Measured | undefined;
  /** How many times the CPU of a node may be reserved. */
  readonly overcommit?: number;
}

/** Every enrolled node with what is reserved on it. Reservations on nodes that are enrolled no more count for nothing. */
export function candidatesOf(
  nodes: readonly EnrolledNode[],
  reservations: readonly ReservedOnNode[],
  ports: readonly PortsOfNode[] = [],
  { measured, overcommit }: Beside = {},
): readonly Candidate[] {
  const portsOf = new Map(ports.map((of) => [of.node, of]));
  const byNode = Map.groupBy(reservations, ({ node }) => node);
  return nodes.filter(isThere).map((node) => ({
    ...candidateOf(node, byNode.get(node.name) ?? [], portsOf.get(node.name)),
    ...(measured && { measured: measured(node.name) }),
    ...(overcommit !== undefined && { overcommit }),
  }));
}

function candidateOf(
  node: EnrolledNode,
  reservations: readonly ReservedOnNode[],
  ports: PortsOfNode | undefined,
): Candidate {
  const { name, state, firstPort, lastPort, labels, zone, architecture } = node;
  return {
    ...{ name, state, firstPort, lastPort, labels },
    ...(zone !== null && { zone }),
    ...(architecture !== null && { architecture: imageArchitecture(architecture) }),
    total: { cpu: node.allocatableCpus, memoryMiB: Math.floor(node.allocatableMemoryBytes / 1_048_576) },
    reserved: reservations.reduce(
      (sum, { cpu, memoryMiB }) => ({ cpu: sum.cpu + cpu, memoryMiB: sum.memoryMiB + memoryMiB }),
      NOTHING_RESERVED,
    ),
    takenPorts: new Set([
      ...reservations.flatMap(({ takenPorts }) => takenPorts),
      ...(ports?.foundTaken ?? []),
    ]),
    portBefore: ports?.portBefore,
    endedPorts: new Set(ports?.endedPorts),
    youngCpu: reservations.reduce((sum, { youngCpu }) => sum + youngCpu, 0),
    instances: new Map(
      reservations.map(({ appId, service, instances: count, cpu, memoryMiB }) => [
        serviceKey(appId, service),
        { count, cpu, memoryMiB },
      ]),
    ),
  };
}
