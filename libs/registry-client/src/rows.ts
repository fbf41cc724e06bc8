import type { ScalingPolicy } from '#libs/contracts';

export type HostKeyType = 'ed25519' | 'ecdsa' | 'rsa';

export interface JumpHost {
  readonly address: string;
  readonly sshPort: number;
  readonly sshUser: string;
  readonly hostKeyFingerprint: string;
  readonly hostKeyType?: HostKeyType;
}

/** A machine that may run instances. */
export interface RegistryNode {
  readonly name: string;
  readonly address: string;
  readonly sshPort: number;
  readonly sshUser: string;
  /** `SHA256:...`, as ssh-keygen prints it. */
  readonly hostKeyFingerprint: string;
  /** ready, cordoned, draining, unreachable or gone. */
  readonly state: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly engineVersion: string;
  /** Host ports for instances, both included. */
  readonly firstPort: number;
  readonly lastPort: number;
  readonly enrolledAt: Date;
  readonly updatedAt: Date;
  /** The engine's socket on the machine; null where it is the usual one. */
  readonly socketPath: string | null;
  /** Of the pinned host key; null where it was enrolled before types were stored. */
  readonly hostKeyType: HostKeyType | null;
  /** The machine in between; null where it is reached straight. */
  readonly jump: JumpHost | null;
  /** Limits of containers that its engine cannot enforce: memory, cpu. */
  readonly unenforced: readonly string[];
  /** What is asked of it, also while it does not answer: none, cordoned, draining or removed. */
  readonly wish: string;
  readonly stateReason: string | null;
  readonly stateSince: Date;
  /** The principal who asked for it; null of what nobody asked for. */
  readonly stateBy: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly zone: string | null;
  /** What instances may have: its capacity less what is reserved for others. */
  readonly allocatableCpus: number;
  readonly allocatableMemoryBytes: number;
  /** As its engine names it, such as x86_64; null where it was enrolled before that was asked. */
  readonly architecture: string | null;
}

export interface RegistryRoute {
  readonly host: string;
  readonly path: string;
  readonly strip?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface RegistryCanary {
  readonly release: string;
  /** Its share of the requests, 1 to 99. */
  readonly percent: number;
  /** How many instances of it should run, beside those of the wanted one. */
  readonly count: number;
}

/** A service that an instance was ever reported of, or of which something is wanted. */
export interface RegistryService {
  readonly appId: string;
  readonly service: string;
  readonly appName: string;
  /** The newest that runs; null where none does. */
  readonly release: string | null;
  /** How many instances run. */
  readonly running: number;
  /** How many of these are crashing. */
  readonly crashing: number;
  /** How many of the wanted release should run; null where the deployer has not said. */
  readonly wanted: number | null;
  /** The release that should run; null where none should, or the deployer has not said. */
  readonly wantedRelease: string | null;
  /** running or stopped; null where the deployer has not said. */
  readonly wantedState: 'running' | 'stopped' | null;
  /** A release that gets a part of its requests, by instances of its own; null where none does. */
  readonly canary: RegistryCanary | null;
  /** Where it is reached at the gateway, beside its own address; null where the deployer has not said. */
  readonly routes: readonly RegistryRoute[] | null;
  /** How the gateway treats its requests. */
  readonly traffic: Readonly<Record<string, unknown>> | null;
  /** How it scales; null where it does not, or the deployer has not said. */
  readonly scaling: ScalingPolicy | null;
  readonly reportedAt: Date;
}

/** A container in its last known state. */
export interface RegistryInstance {
  /** Its container's name, unique for ever. */
  readonly name: string;
  /** running, draining, stopped or failed. Only a running one gets traffic. */
  readonly state: string;
  readonly appId: string;
  readonly appName: string;
  readonly service: string;
  readonly release: string;
  readonly image: string;
  readonly node: string;
  readonly ip: string;
  /** Its port on the node; null for a worker, which nobody connects to. */
  readonly port: number | null;
  readonly url: string | null;
  readonly container: string;
  readonly accessToken: string;
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly startedAt: Date;
  readonly reportedAt: Date;
  /** Of one whose process ended within the last minute: how often its engine has started it again. */
  readonly restarts: number | null;
  /** When that was first seen; null of one that is not crashing. */
  readonly crashingSince: Date | null;
  /** When it came into its state. */
  readonly stateSince: Date;
  /** Why it is in its state; null where the deployer has not said. */
  readonly stateReason: string | null;
}

/** `column AS "member"` for each member, by SQL's own names; text goes as it is, so only from code. */
const columns = (...members: readonly string[]): string =>
  members
    .map((member) => `${member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)} AS "${member}"`)
    .join(', ');

export const NODE_COLUMNS = `${columns(
  ...['name', 'address', 'sshPort', 'sshUser', 'hostKeyFingerprint', 'state', 'cpus', 'engineVersion'],
  ...['firstPort', 'lastPort', 'enrolledAt', 'updatedAt', 'socketPath', 'hostKeyType', 'jump', 'unenforced'],
  ...['wish', 'stateReason', 'stateSince', 'stateBy', 'labels', 'zone', 'allocatableCpus'],
  ...['architecture'],
)}, memory_bytes::float8 AS "memoryBytes", allocatable_memory_bytes::float8 AS "allocatableMemoryBytes"`;

export const SERVICE_COLUMNS = columns(
  ...[
    'appId',
    'service',
    'appName',
    'release',
    'running',
    'crashing',
    'wanted',
    'wantedRelease',
    'wantedState',
    'canary',
    'routes',
    'traffic',
    'scaling',
    'reportedAt',
  ],
);

export const INSTANCE_COLUMNS = `${columns(
  ...['name', 'state', 'appId', 'appName', 'service', 'release', 'image', 'node', 'ip', 'port', 'url'],
  ...['container', 'accessToken', 'cpu', 'startedAt', 'reportedAt', 'restarts', 'crashingSince'],
  ...['stateSince', 'stateReason'],
)}, memory_mib AS "memoryMiB"`;
