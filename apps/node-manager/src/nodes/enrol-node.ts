import type { EngineFacts, Node, NodeAddress, PortRange, SshPlace } from './domain/node.js';
import type { Login, Machines, Nodes, PinnedMachine } from './ports.js';

interface WayIn {
  /** The one its owner read on the machine; without it the one shown now is accepted and pinned. */
  readonly hostKeyFingerprint: string | undefined;
  readonly login: Login;
}

export interface EnrolNode extends WayIn {
  readonly address: NodeAddress;
  /** Whether it may be a machine whose engine cannot enforce limits. */
  readonly allowUnlimited: boolean;
  /** The machine in between. */
  readonly jump?: WayIn & { readonly address: SshPlace };
}

/** A container there could take the whole machine. */
export class LimitsUnenforcedError extends Error {
  constructor(readonly limits: EngineFacts['unenforced']) {
    super(`The engine of this machine cannot enforce limits of ${limits.join(' and ')}.`);
    this.name = 'LimitsUnenforcedError';
  }
}

export const ENROL_PORTS = Symbol('EnrolNodePorts');
export interface EnrolNodePorts {
  readonly machines: Machines;
  readonly nodes: Nodes;
  readonly portRange: PortRange;
}

/**
 * Pins the machine's host key, and before it that of the jump host; logs in once to see that an engine answers, and
 * only then writes the node down. Enrolling it again brings its login and its facts up to date; undefined when name or
 * address are another node's. Throws LimitsUnenforcedError.
 */
export async function enrolNode(
  { machines, nodes, portRange: ports }: EnrolNodePorts,
  { address, hostKeyFingerprint, login, jump: given, allowUnlimited }: EnrolNode,
): Promise<Node | undefined> {
  const between = given && (await pinned(machines, given));
  const key = await machines.hostKey(address, hostKeyFingerprint, between);
  const facts = { ...key, ...(await machines.facts({ ...address, ...key, login }, between)) };
  if (facts.unenforced.length > 0 && !allowUnlimited) throw new LimitsUnenforcedError(facts.unenforced);
  if (between === undefined) return nodes.enrol({ address, facts, ports, login });
  const { login: jumpLogin, ...jump } = between;
  return nodes.enrol({ address, jump, facts, ports, login: { ...login, jump: jumpLogin } });
}

async function pinned(
  machines: Machines,
  { address, hostKeyFingerprint, login }: NonNullable<EnrolNode['jump']>,
): Promise<PinnedMachine> {
  return { ...address, ...(await machines.hostKey(address, hostKeyFingerprint)), login };
}
