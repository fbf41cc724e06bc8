import type { Secret } from '#libs/config';
import type { InstanceReport, NodeWaiting, ServiceConfig, WaitingInstance } from '#libs/contracts';
import type { Transaction } from '#libs/postgres';
import type { Acceptance } from './domain/stability.js';
import type { InstanceRef, PlacedNode, PlacedVolume, Release } from '../task/domain/task.events.js';

export interface StopPolicy {
  readonly signal: string;
  readonly graceMs: number;
}

export interface AddedInstance {
  readonly report: InstanceReport;
  readonly stop: StopPolicy;
}

export interface KnownInstance extends InstanceRef, AddedInstance {
  readonly release: Release;
}

/** What runs, as far as the deployer knows. */
export interface Instances {
  /** Of a service, in the order of their names. What was abandoned counts no more. */
  of(appId: string, service: string): Promise<readonly KnownInstance[]>;
  /** Of a service: those that were made, by name. */
  volumes(appId: string, service: string): Promise<readonly PlacedVolume[]>;
}

/** For whoever repairs: changes of the record, in a transaction of their own. */
export interface InstanceRecord {
  remove(tx: Transaction, names: readonly string[]): Promise<void>;
  /** Their node does not answer: they are removed when it does. */
  abandon(tx: Transaction, names: readonly string[]): Promise<void>;
}

export interface LaunchSpec {
  readonly name: string;
  readonly image: string;
  readonly config: ServiceConfig;
  /** By environment variable. */
  readonly secrets: Readonly<Record<string, Secret>>;
  /** Of a worker, none. */
  readonly hostPort?: number;
  /** The engine's names of `volumes` of config.json, in their order. */
  readonly volumes?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface LaunchedContainer {
  readonly container: string;
  readonly startedAt: string;
}

/** `health.command` of config.json. */
export interface HealthCommandRun {
  readonly command: readonly string[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface ContainerRun {
  readonly running: boolean;
  /** Of a run that ended. */
  readonly exitCode?: number;
  readonly restartCount: number;
  /** One of its processes was killed for want of memory, as far as its engine remembers. */
  readonly outOfMemory?: boolean;
}

/** Such as `amd64` and `arm64`. */
export interface Architectures {
  readonly image: string;
  readonly node: string;
}

/** A program that runs to its end, in a container of its own. */
export interface OneOffSpec extends LaunchSpec {
  readonly command: readonly string[];
  /** Whose it is: a container of this name that another task left is removed first. */
  readonly task: string;
}

/** The engine of one node. */
export interface NodeEngines {
  pull(node: string, image: string, signal: AbortSignal, onProgress: () => void): Promise<void>;
  launch(node: string, spec: LaunchSpec): Promise<LaunchedContainer>;
  /**
   * The exit code of its first end, as far as that is remembered, told at once; its engine starts it again by itself.
   * Rejects with CONTAINER_NOT_FOUND when it goes meanwhile, ENGINE_UNREACHABLE when the connection is cut.
   */
  firstExit(node: string, container: string, signal: AbortSignal): Promise<number>;
  /**
   * Runs a program to its end, or waits for the end of the one that a predecessor started. Its container stays. Throws
   * ENGINE_UNREACHABLE when the connection is cut meanwhile.
   */
  runToEnd(node: string, spec: OneOffSpec, signal: AbortSignal): Promise<number>;
  /** Undefined when there is no such container. */
  inspect(node: string, container: string): Promise<ContainerRun | undefined>;
  /** The last lines of its output, without the values of its secrets; undefined when they cannot be had. */
  logTail(node: string, container: string): Promise<string | undefined>;
  /** Of what machines the image is, and what its node is, in the engine's words for images; undefined where unknown. */
  architectures(node: string, image: string): Promise<Architectures | undefined>;
  /** /proc/net/tcp and /proc/net/tcp6 as the container sees them; undefined where they cannot be had. */
  sockets(node: string, container: string): Promise<string | undefined>;
  /** Runs a program within the container. Well when that ends with 0 in time. */
  check(node: string, container: string, run: HealthCommandRun): Promise<ProbeResult>;
  stopAndRemove(node: string, container: string, stop: StopPolicy): Promise<void>;
}

export interface ProbeResult {
  readonly healthy: boolean;
  /** What was seen: `HTTP 503`, `connection refused`. */
  readonly seen: string;
  /** Of a connection that was made: whether a process was seen to accept it. */
  readonly acceptance?: Acceptance;
}

/** What is asked over the network, from outside the container. */
export interface ProbeTarget {
  readonly host: PlacedNode['address'];
  readonly port: number;
  /** Without it, a connection is enough. */
  readonly path?: string;
  readonly scheme?: 'http' | 'https';
  readonly headers?: Readonly<Record<string, string>>;
  /** Good answers; 2xx and 3xx where left out. */
  readonly statuses?: readonly number[];
}

export interface Prober {
  probe(target: ProbeTarget, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult>;
}

/** Whoever sends traffic to instances, such as gateways. */
export interface Traffic {
  /**
   * Waits until nobody who holds a lease sends traffic to the instance any more, at most that long.
   * @returns how many say so; 0 where nobody holds a lease, undefined where time was over first
   */
  untilDrained(instance: string, timeoutMs: number, signal: AbortSignal): Promise<number | undefined>;
}

export interface NodeWaits {
  /** Stores that a node request waits, and tells it once. Idempotent; of no use for one that is answered. */
  take(tx: Transaction, waiting: NodeWaiting): Promise<void>;
  /** What waits now, in the order in which it gets room. */
  list(filter: { readonly appId?: string; readonly service?: string }): Promise<WaitingInstance[]>;
}

/** Injection tokens of what the controllers of this feature ask for. */
export const WORK_QUEUE = Symbol('WorkQueue');
export const NODE_WAITS = Symbol('NodeWaits');

/** What the agents say of nodes. */
export interface NodeVerdicts {
  /** Why a node does not answer; undefined of one that does, and of one that no agent watches. */
  unreachable(node: string): string | undefined;
}
