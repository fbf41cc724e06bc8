import type { AssignedNode } from '#libs/contracts';
import type { SshLogin, SshTarget } from '#libs/ssh';

/** What is sealed in an answer. */
export type NodeLogin = SshLogin & { readonly jump?: SshLogin };

export interface WayToEngine {
  readonly target: SshTarget;
  readonly socketPath?: string;
}

const machineOf = (place: NonNullable<AssignedNode['jump']>, login: SshLogin): SshTarget => ({
  ...{ host: place.address, port: place.sshPort, user: place.sshUser, login },
  ...{ hostKeyFingerprint: place.hostKeyFingerprint, hostKeyType: place.hostKeyType },
});

/** How the engine of a node is reached, as an answer and the login in it say. */
export function wayTo(node: AssignedNode, { jump: jumpLogin, ...login }: NodeLogin): WayToEngine {
  const target = machineOf(node, login);
  if (node.jump === undefined || jumpLogin === undefined) return { target, socketPath: node.socketPath };
  return { target: { ...target, jump: machineOf(node.jump, jumpLogin) }, socketPath: node.socketPath };
}
