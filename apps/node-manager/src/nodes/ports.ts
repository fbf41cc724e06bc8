import type {
  EngineFacts,
  HostKey,
  JumpHost,
  Node,
  NodeAddress,
  NodeFacts,
  PortRange,
  SshPlace,
} from './domain/node.js';

export type Login =
  { readonly privateKey: string; readonly passphrase?: string } | { readonly password: string };

/** All that is secret of the way to a node. */
export type NodeLogin = Login & { readonly jump?: Login };

export type PinnedMachine = SshPlace & HostKey & { readonly login: Login };

/** The machine itself. */
export interface Machines {
  /** What its sshd shows before any login; of several keys the wanted one. Throws ApiError. */
  hostKey(place: SshPlace, wanted: string | undefined, jump?: PinnedMachine): Promise<HostKey>;
  /** Logs in, checks the host key, asks the engine. Throws ApiError. */
  facts(machine: PinnedMachine & Pick<NodeAddress, 'socketPath'>, jump?: PinnedMachine): Promise<EngineFacts>;
}

/** A machine that is known to work, as it is written down. */
export interface Enrolled {
  readonly address: NodeAddress;
  readonly jump?: JumpHost;
  readonly facts: NodeFacts;
  readonly ports: PortRange;
  readonly login: NodeLogin;
}

export interface Nodes {
  list(): Promise<readonly Node[]>;
  /** New, or the same machine anew; undefined when the name or the address is another node's. */
  enrol(enrolled: Enrolled): Promise<Node | undefined>;
}
