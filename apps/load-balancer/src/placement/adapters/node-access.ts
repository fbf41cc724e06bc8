import type { RegistryNode } from '#libs/registry-client';
import type { NodeAccess } from '../ports.js';

/** A node of the registry as an answer names it: what is null there is left out here. */
export function accessOf(node: RegistryNode, sealedLogin: string): NodeAccess {
  const { name, address, sshPort, sshUser, hostKeyFingerprint, cpus, socketPath, hostKeyType, jump } = node;
  return {
    ...{ name, address, sshPort, sshUser, hostKeyFingerprint, cpus, sealedLogin },
    ...(hostKeyType !== null && { hostKeyType }),
    ...(jump !== null && { jump }),
    ...(socketPath !== null && { socketPath }),
  };
}
