/** ready takes instances; the others do not. */
export const nodeStates = ['ready', 'cordoned', 'draining', 'unreachable', 'gone'] as const;
export type NodeState = (typeof nodeStates)[number];

/** Where an SSH server is, and who logs in. */
export interface SshPlace {
  readonly address: string;
  readonly sshPort: number;
  readonly sshUser: string;
}

/** A pinned host key. */
export interface HostKey {
  readonly hostKeyFingerprint: string;
  /** Left out where it was pinned before types were stored. */
  readonly hostKeyType?: 'ed25519' | 'ecdsa' | 'rsa';
}

/** The machine in between. */
export interface JumpHost extends SshPlace, HostKey {}

/** How a machine is reached, as its owner says. */
export interface NodeAddress extends SshPlace {
  readonly name: string;
  /** The engine's socket on the machine; /var/run/docker.sock where it is left out. */
  readonly socketPath?: string;
}

/** What the engine said when the machine was enrolled. */
export interface EngineFacts {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly engineVersion: string;
  /** Limits of containers that the engine cannot enforce. */
  readonly unenforced: readonly ('memory' | 'cpu')[];
}

/** What the machine itself said then. */
export interface NodeFacts extends HostKey, EngineFacts {}

export interface PortRange {
  readonly firstPort: number;
  readonly lastPort: number;
}

export interface Node extends NodeAddress, NodeFacts, PortRange {
  readonly jump?: JumpHost;
  readonly state: NodeState;
  readonly enrolledAt: string;
}
