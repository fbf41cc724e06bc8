import type { Drain, Holding, NodeState, Wish } from './standing.js';

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
  /** As the kernel names it: x86_64, aarch64. */
  readonly architecture?: string;
}

/** What the machine itself said then. */
export interface NodeFacts extends HostKey, EngineFacts {}

export interface PortRange {
  readonly firstPort: number;
  readonly lastPort: number;
}

/** Cores and bytes. */
export interface Size {
  readonly cpus?: number;
  readonly memoryBytes?: number;
}

/** What its owner says of a node besides the way to it. */
export interface Description {
  readonly labels: Readonly<Record<string, string>>;
  readonly zone?: string;
  /** What it has, where its engine is not believed. */
  readonly capacity?: Size;
  /** What instances may not have. */
  readonly reserve?: Size;
}

export interface Node extends NodeAddress, NodeFacts, PortRange, Description {
  readonly jump?: JumpHost;
  readonly state: NodeState;
  readonly stateReason?: string;
  readonly stateSince: string;
  readonly stateBy?: string;
  readonly wish: Wish;
  readonly drain?: Drain;
  readonly holding: readonly Holding[];
  readonly enrolledAt: string;
}

/** What instances may have: less than nothing is nothing. Pure. */
export function allocatableOf({
  cpus,
  memoryBytes,
  capacity = {},
  reserve = {},
}: Required<Size> & Pick<Description, 'capacity' | 'reserve'>): Required<Size> {
  return {
    cpus: Math.max(0, (capacity.cpus ?? cpus) - (reserve.cpus ?? 0)),
    memoryBytes: Math.max(0, (capacity.memoryBytes ?? memoryBytes) - (reserve.memoryBytes ?? 0)),
  };
}

/** What people change of a node. `null`: it has none any more. */
export interface DescriptionChange {
  readonly labels?: Readonly<Record<string, string>>;
  readonly removeLabels?: readonly string[];
  readonly zone?: string | null;
  readonly capacity?: Size | null;
  readonly reserve?: Size | null;
}

/** What is left out stays. Labels are added to those that are there, and removed after that. Pure. */
export function describedBy(before: Description, change: DescriptionChange): Description {
  const { removeLabels = [], ...rest } = change;
  const { labels, zone, capacity, reserve } = { ...before, ...rest };
  const kept = Object.entries({ ...before.labels, ...labels }).filter(([key]) => !removeLabels.includes(key));
  return {
    labels: Object.fromEntries(kept),
    zone: zone ?? undefined,
    capacity: capacity ?? undefined,
    reserve: reserve ?? undefined,
  };
}
