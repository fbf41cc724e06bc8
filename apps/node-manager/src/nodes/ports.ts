import type { Node, NodeAddress, NodeFacts, PortRange } from './domain/node.js';

export type Login = { readonly privateKey: string } | { readonly password: string };

/** The machine itself. */
export interface Machines {
  /** What its sshd shows before any login. Throws ApiError. */
  hostKeyFingerprint(address: NodeAddress): Promise<string>;
  /** Logs in, checks the host key, asks the engine. Throws ApiError. */
  facts(address: NodeAddress, hostKeyFingerprint: string, login: Login): Promise<NodeFacts>;
}

export interface Nodes {
  list(): Promise<readonly Node[]>;
  /** New, or the same machine anew; undefined when the name or the address is another node's. */
  enrol(address: NodeAddress, facts: NodeFacts, ports: PortRange, login: Login): Promise<Node | undefined>;
}
