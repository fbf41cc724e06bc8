import type { Inspection } from './domain/machine-problems.js';
import type {
  Description,
  DescriptionChange,
  EngineFacts,
  HostKey,
  JumpHost,
  Node,
  NodeAddress,
  NodeFacts,
  PortRange,
  SshPlace,
} from './domain/node.js';
import type { Decided, NodeEventName, NodeCommand, Said, ShownState } from './domain/standing.js';

export type Login =
  { readonly privateKey: string; readonly passphrase?: string } | { readonly password: string };

/** All that is secret of the way to a node. */
export type NodeLogin = Login & { readonly jump?: Login };

export type PinnedMachine = SshPlace & HostKey & { readonly login: Login };

/** What a machine says: what is written down where it becomes a node, and what it is checked by. */
export interface SeenMachine extends Inspection {
  /** Left out where its engine cannot be used. */
  readonly facts?: EngineFacts;
}

/** The machine itself. */
export interface Machines {
  /** What its sshd shows before any login; of several keys the wanted one. Throws ApiError. */
  hostKey(place: SshPlace, wanted: string | undefined, jump?: PinnedMachine): Promise<HostKey>;
  /** Logs in, checks the host key, asks engine and machine. Throws ApiError where it cannot log in. */
  inspect(
    machine: PinnedMachine & Pick<NodeAddress, 'socketPath'>,
    jump?: PinnedMachine,
  ): Promise<SeenMachine>;
  /** Puts Docker there. Throws DockerInstallError, and ApiError where it cannot log in. */
  installDocker(machine: PinnedMachine, jump?: PinnedMachine): Promise<void>;
}

/** A machine that is known to work, as it is written down. */
export interface Enrolled {
  readonly address: NodeAddress;
  readonly jump?: JumpHost;
  readonly facts: NodeFacts;
  readonly ports: PortRange;
  readonly login: NodeLogin;
  /** What is left out stays as it is known. */
  readonly description: Partial<Description>;
  /** The principal. */
  readonly by?: string;
}

/** Something that happened to a node. */
export interface NodeEvent extends Said {
  readonly event: NodeEventName;
  readonly state: ShownState['state'];
}

export interface LiveInstance {
  readonly instance: string;
  readonly appId: string;
  readonly service: string;
  readonly state: string;
  readonly port?: number;
}

export type Asked = Omit<Said, 'at'>;
/** What became of a command; `live` instances were there. Undefined where there is no such node. */
export type Commanded =
  | { readonly node: Node; readonly refused?: undefined }
  | { readonly refused: Extract<Decided, { refused: unknown }>['refused']; readonly live: number };

/** All that were not removed where it is empty. */
export interface NodeFilter {
  readonly removed?: boolean;
  readonly state?: Node['state'];
  readonly zone?: string;
}

export interface Nodes {
  /** By name. */
  list(filter?: NodeFilter): Promise<readonly Node[]>;
  /** At most so many of those whose name comes after the one given. */
  page(filter: NodeFilter, most: number, after?: string): Promise<readonly Node[]>;
  find(name: string): Promise<Node | undefined>;
  /** The newest first. */
  events(name: string, most: number): Promise<readonly NodeEvent[]>;
  /** Running or draining there, by the registry. */
  live(name: string): Promise<readonly LiveInstance[]>;
  /** How many live on each node. */
  liveCounts(): Promise<ReadonlyMap<string, number>>;
  /** New, or the same machine anew; undefined when the name or the address is another node's. */
  enrol(enrolled: Enrolled): Promise<Node | undefined>;
  command(name: string, command: NodeCommand, asked: Asked): Promise<Commanded | undefined>;
  /** Undefined where there is no such node. */
  describe(name: string, change: DescriptionChange, asked: Asked): Promise<Node | undefined>;
  /** Undefined where there is none, as of a node that was removed, or where no key opens it. */
  loginOf(name: string): Promise<NodeLogin | undefined>;
  /** With what its engine said when it was tried. */
  changeLogin(name: string, login: NodeLogin, facts: EngineFacts, asked: Asked): Promise<Node | undefined>;
  /** What its engine says now. */
  refresh(name: string, facts: EngineFacts): Promise<Node | undefined>;
}
