import type { MachineProblem } from './domain/machine-problems.js';
import type { Node } from './domain/node.js';
import { type EnrolNodePorts, MachineUnusableError, problemsOf, refusing } from './enrol-node.js';
import type { Asked, Login, NodeLogin, PinnedMachine, SeenMachine } from './ports.js';

/** The node has no login, as one that was removed, or it rests under a key that is not configured. */
export class LoginClosedError extends Error {
  constructor(node: string) {
    super(`The login of ${node} cannot be opened.`);
    this.name = 'LoginClosedError';
  }
}

/** The login of a jump host was given for a node that is reached straight. */
export class JumpLoginUselessError extends Error {
  constructor(node: string) {
    super(`jumpLogin: ${node} has no jump host.`);
    this.name = 'JumpLoginUselessError';
  }
}

export interface CheckedNode {
  readonly node: Node;
  readonly problems: readonly MachineProblem[];
}

/**
 * Looks at an enrolled node as an enrolment does, and brings what its engine says up to date. What would refuse an
 * enrolment is in the list, and changes nothing else. Undefined where there is no such node. Throws LoginClosedError,
 * and ApiError where the node cannot be logged in to.
 */
export async function checkNode(ports: EnrolNodePorts, name: string): Promise<CheckedNode | undefined> {
  const node = await ports.nodes.find(name);
  if (node === undefined || node.wish === 'removed') return undefined;
  const login = await ports.nodes.loginOf(name);
  if (login === undefined) throw new LoginClosedError(name);
  const { seen, problems } = await look(ports, node, login);
  const fresh = seen.facts && (await ports.nodes.refresh(name, seen.facts));
  return { node: fresh ?? node, problems };
}

/**
 * Tries a login before it replaces the one that the node has: until then the old one stays. Undefined where there is no
 * such node. Throws JumpLoginUselessError, LoginClosedError where the jump host's login is to stay and cannot be opened,
 * MachineUnusableError
 * where the engine cannot be used with it, and ApiError where it is refused.
 */
export async function changeLogin(
  ports: EnrolNodePorts,
  name: string,
  { login, jumpLogin, ...asked }: Asked & { readonly login: Login; readonly jumpLogin?: Login },
): Promise<CheckedNode | undefined> {
  const node = await ports.nodes.find(name);
  if (node === undefined || node.wish === 'removed') return undefined;
  if (node.jump === undefined && jumpLogin !== undefined) throw new JumpLoginUselessError(name);
  const whole =
    node.jump === undefined ? login : { ...login, jump: jumpLogin ?? (await jumpOf(ports, name)) };
  const { seen, problems } = await look(ports, node, whole);
  const { facts } = seen;
  if (facts === undefined) throw new MachineUnusableError(refusing(problems));
  const changed = await ports.nodes.changeLogin(name, whole, facts, asked);
  return changed && { node: changed, problems };
}

async function jumpOf({ nodes }: EnrolNodePorts, name: string): Promise<Login> {
  const jump = (await nodes.loginOf(name))?.jump;
  if (jump === undefined) throw new LoginClosedError(name);
  return jump;
}

async function look(
  ports: EnrolNodePorts,
  node: Node,
  { jump: jumpLogin, ...login }: NodeLogin,
): Promise<{ readonly seen: SeenMachine; readonly problems: readonly MachineProblem[] }> {
  const between: PinnedMachine | undefined =
    node.jump === undefined || jumpLogin === undefined ? undefined : { ...node.jump, login: jumpLogin };
  const seen = await ports.machines.inspect({ ...node, login }, between);
  // Whoever enrolled it accepted what its engine cannot enforce.
  const problems = await problemsOf(ports, seen, { ...node, allowUnlimited: true, known: node });
  return { seen, problems };
}
