/** ready takes instances; the others do not. */
export const nodeStates = ['ready', 'cordoned', 'draining', 'unreachable', 'gone'] as const;
export type NodeState = (typeof nodeStates)[number];

/** How a machine is reached, as its owner says. */
export interface NodeAddress {
  readonly name: string;
  readonly address: string;
  readonly sshPort: number;
  readonly sshUser: string;
  /** The engine's socket on the machine; /var/run/docker.sock where it is left out. */
  readonly socketPath?: string;
}

/** What the machine itself said when it was enrolled. */
export interface NodeFacts {
  readonly hostKeyFingerprint: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly engineVersion: string;
}

export interface PortRange {
  readonly firstPort: number;
  readonly lastPort: number;
}

export interface Node extends NodeAddress, NodeFacts, PortRange {
  readonly state: NodeState;
  readonly enrolledAt: string;
}
