import type { Node, NodeAddress, PortRange } from './domain/node.js';
import type { Login, Machines, Nodes } from './ports.js';

export interface EnrolNode {
  readonly address: NodeAddress;
  /** The one its owner read on the machine; without it the one shown now is accepted and pinned. */
  readonly hostKeyFingerprint: string | undefined;
  readonly login: Login;
}

export const ENROL_PORTS = Symbol('EnrolNodePorts');
export interface EnrolNodePorts {
  readonly machines: Machines;
  readonly nodes: Nodes;
  readonly portRange: PortRange;
}

/**
 * Pins the machine's host key, logs in once to see that an engine answers, and only then writes the node down.
 * Enrolling it again brings its login and its facts up to date; undefined when name or address are another node's.
 */
export async function enrolNode(
  { machines, nodes, portRange }: EnrolNodePorts,
  { address, hostKeyFingerprint, login }: EnrolNode,
): Promise<Node | undefined> {
  const pinned = hostKeyFingerprint ?? (await machines.hostKeyFingerprint(address));
  const facts = await machines.facts(address, pinned, login);
  return nodes.enrol(address, facts, portRange, login);
}
