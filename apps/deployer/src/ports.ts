import type { Secret } from '#libs/config';
import type {
  AssignedNode,
  InstanceReport,
  NodeAnswer,
  NodeRequest,
  ServiceConfig,
  ServiceReply,
} from '#libs/contracts';
import type { ReleaseImage } from './domain/retention.js';
import type { RecordedInstance, SeenContainer } from './domain/reconcile.js';
import type { Effect } from './domain/task.effects.js';
import type { InstanceRef, PlacedNode, Release, TaskEvent } from './domain/task.events.js';
import type { TaskState } from './domain/task.state.js';

/** What the deployer needs from outside. Adapters are in adapters/, wiring in deployer.module.ts. */

export interface Clock {
  now(): Date;
}

/** Waits; rejects when the signal aborts. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** A task held under a lease; every write of its holder says the fence. */
export interface ClaimedTask {
  readonly taskId: string;
  readonly fence: bigint;
}

/** Side writes that share the transaction of a task's events. */
export interface StepWrites {
  readonly events: readonly TaskEvent[];
  readonly nodeRequests?: readonly NodeRequest[];
  /** Access tokens whose reservations are not needed any more. */
  readonly nodeReleases?: readonly string[];
  readonly release?: Release;
  readonly currentRelease?: Release;
  readonly reports?: readonly InstanceReport[];
  readonly addInstances?: readonly AddedInstance[];
  readonly removeInstances?: readonly string[];
  /** Instances that get no more traffic, and instances that get it again. */
  readonly drained?: readonly string[];
  readonly resumed?: readonly string[];
  /** Instances whose node does not answer: they are removed when it does. */
  readonly abandoned?: readonly string[];
  /** Ends the task; with the request's last task its reply is sent. */
  readonly result?: ServiceReply;
  /** What was answered, where the answer itself is not stored yet: its login is needed from now on. */
  readonly nodeLogins?: readonly AssignedNode[];
}

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

/** What is stored of a task. */
export interface TaskHistory {
  readonly version: number;
  readonly events: readonly TaskEvent[];
  readonly cancelled: boolean;
  /** The trace in which its request was taken in. */
  readonly traceparent?: string;
}

/** How a service of the same request ended. */
export interface DependencyResult {
  readonly service: string;
  /** Undefined while it has not ended. */
  readonly result?: ServiceReply;
}

/** What a task waits for without working on it. */
export interface Waits {
  readonly accessTokens: readonly string[];
  readonly dependencies: readonly string[];
}

export interface TaskStore {
  history(taskId: string): Promise<TaskHistory>;
  /** Appends in one transaction with all that belongs to the step. Throws LeaseLostError, ConcurrencyError. */
  append(claim: ClaimedTask, state: TaskState, version: number, writes: StepWrites): Promise<void>;
  /** The stored answers to these. */
  nodeAnswers(accessTokens: readonly string[]): Promise<readonly NodeAnswer[]>;
  dependencies(token: string, services: readonly string[]): Promise<readonly DependencyResult[]>;
  /** Lets go of the task until what it waits for is there, or `dueAt`. False when something of it is there already. */
  park(claim: ClaimedTask, state: TaskState, waits: Waits, dueAt: Date): Promise<boolean>;
  isCancelled(token: string): Promise<boolean>;
  releaseByDigest(appId: string, service: string, sourceDigest: string): Promise<Release | undefined>;
  releaseById(appId: string, service: string, id: string): Promise<Release | undefined>;
  currentRelease(appId: string, service: string): Promise<Release | undefined>;
  /** The newest release whose image has most in common with what such a service is built into. */
  kindredRelease(appId: string, service: string, config: ServiceConfig): Promise<Release | undefined>;
  /** The release that was deployed well last, other than these. */
  lastGoodRelease(appId: string, service: string, except: readonly string[]): Promise<Release | undefined>;
  instancesOf(appId: string, service: string): Promise<readonly KnownInstance[]>;
}

/** Node answers as they come by, before they are stored. */
export interface NodeAnswers {
  get(accessToken: string): NodeAnswer | undefined;
  /** Calls back at every answer to this, until the function it gives is called. */
  onAnswer(accessToken: string, callback: () => void): () => void;
}

export interface FetchedSource {
  readonly sourceDigest: string;
  readonly config: ServiceConfig;
  /** The unpacked tree; removed by dispose(). */
  readonly directory: string;
  dispose(): Promise<void>;
}

export interface Sources {
  /** Throws coded errors: SOURCE_NOT_FOUND, ARCHIVE_*, CONFIG_*. */
  fetch(source: TaskState['source'], signal: AbortSignal): Promise<FetchedSource>;
}

/** The code of a push whose image is nowhere any more: it has to be built again. */
export const IMAGE_LOST = 'IMAGE_LOST';

export interface BuildOrder {
  readonly source: FetchedSource;
  readonly tag: string;
  readonly labels: Readonly<Record<string, string>>;
  onOutput(line: string): void;
}

/** An image that was built and is not pushed. */
export interface BuiltTag {
  readonly tag: string;
  /** Undefined where it was not recorded: any may have it. */
  readonly builder: string | undefined;
}

/** All builders. */
export interface ImageBuilder {
  /** How many builds each does at once, by name, in the order in which they are configured. */
  readonly limits: ReadonlyMap<string, number>;
  tagOf(appId: string, service: string, sourceDigest: string): string;
  /** The builder that has the image already, of those that answer. */
  holderOf(tag: string): Promise<string | undefined>;
  /** Throws BUILD_FAILED; ENGINE_UNREACHABLE, NO_SPACE, BUILDER_DISK_FULL where another builder may do better. */
  build(builder: string, order: BuildOrder, signal: AbortSignal): Promise<void>;
  /** Pushes, removes it from its builder, and gives `host/repository@sha256:...`. Throws IMAGE_LOST. */
  push(image: BuiltTag, signal: AbortSignal, onProgress: () => void): Promise<string>;
  /** Removes what a build left that is not pushed. Never throws. */
  discard(image: BuiltTag): Promise<void>;
}

export interface LaunchSpec {
  readonly name: string;
  readonly image: string;
  readonly config: ServiceConfig;
  /** By environment variable. */
  readonly secrets: Readonly<Record<string, Secret>>;
  readonly hostPort: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** What applications keep for their services to be given at their start. */
export interface Secrets {
  /** Of those that the application has. */
  names(appId: string): Promise<readonly string[]>;
  /** By name; those that there are not are left out. Throws SECRET_UNREADABLE. */
  values(appId: string, names: readonly string[]): Promise<ReadonlyMap<string, Secret>>;
}

export interface LaunchedContainer {
  readonly container: string;
  readonly startedAt: string;
}

export interface ContainerRun {
  readonly running: boolean;
  /** Of a run that ended. */
  readonly exitCode?: number;
  readonly restartCount: number;
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
  /** Undefined when there is no such container. */
  inspect(node: string, container: string): Promise<ContainerRun | undefined>;
  /** The last lines of its output, without the values of its secrets; undefined when they cannot be had. */
  logTail(node: string, container: string): Promise<string | undefined>;
  stopAndRemove(node: string, container: string, stop: StopPolicy): Promise<void>;
}

/** What a reconciler needs of the engine of one node. Of `NodeEngines`, what it needs too. */
export interface RepairEngines extends Pick<NodeEngines, 'logTail' | 'stopAndRemove'> {
  /** Those of this installation, running or not. */
  ownContainers(node: string): Promise<readonly SeenContainer[]>;
  /** Undefined when there is no such container. */
  container(node: string, id: string): Promise<SeenContainer | undefined>;
  /** Starts it where it is. */
  restart(node: string, container: string): Promise<void>;
}

export interface NodeInstance extends RecordedInstance {
  readonly node: string;
  readonly stop: StopPolicy;
  /** The task that launched it. */
  readonly taskId: string;
  readonly report: InstanceReport;
}

/** What a repair did, as `deployment.events` tell it. */
export interface RepairTold {
  readonly event: string;
  readonly taskId: string;
  readonly appId: string;
  readonly service: string;
  readonly node: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface RepairStore {
  instancesOn(node: string): Promise<readonly NodeInstance[]>;
  /** Of these tasks, those that have not ended. */
  openTasks(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Since when the node does not answer, which is told where it is new; milliseconds since 1970. */
  nodeUnreachable(node: string, reason: string): Promise<{ readonly since: number; readonly isNew: boolean }>;
  /** It answers again: true where it did not before. */
  nodeReachable(node: string): Promise<boolean>;
  /** Counts an attempt, and tells of it. False when another replica counted it meanwhile. */
  countAttempt(instance: NodeInstance, attempt: number, told: RepairTold): Promise<boolean>;
  /** The same, with a request of our own that starts another in its place. */
  relaunch(instance: NodeInstance, attempt: number, told: RepairTold): Promise<boolean>;
  /** No instance of ours any more: reported as failed where it counted until now. `abandoned`: its container stays. */
  forget(instance: NodeInstance, how: 'given-up' | 'abandoned' | 'removed', told: RepairTold): Promise<void>;
  tell(told: RepairTold): Promise<void>;
}

export interface ProbeResult {
  readonly healthy: boolean;
  /** What was seen: `HTTP 503`, `connection refused`. */
  readonly seen: string;
}

export interface Prober {
  probe(
    address: PlacedNode['address'],
    port: number,
    path: string | undefined,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<ProbeResult>;
}

/** Runs each step and gives the events that it came to; for traces. */
export type AroundStep = (
  state: TaskState,
  effect: Effect,
  work: () => Promise<readonly TaskEvent[]>,
) => Promise<readonly TaskEvent[]>;

/** Tells the world what a build says, and keeps it. */
export interface BuildOutput {
  lines(state: TaskState, lines: readonly string[]): void;
  /** There is nothing more to come; resolves when all is kept. Never rejects. */
  ended(state: TaskState): Promise<void>;
}

/** The record of releases, as far as their images' lives go. */
export interface ReleaseRecords {
  /** All that are not retired. */
  live(): Promise<readonly ReleaseImage[]>;
  /** From now on no task finds them. Those that came into use meanwhile are left out; how many were retired. */
  retire(ids: readonly string[], now: Date): Promise<number>;
  /** Images of releases retired until then and not deleted yet; none that a live release has too. */
  retiredBefore(until: Date): Promise<readonly string[]>;
  /** Whether it is still one of them: a task may have built it again meanwhile. */
  isRetired(image: string, until: Date): Promise<boolean>;
  imageDeleted(image: string, now: Date): Promise<void>;
}

/** Images in the registry. */
export interface RegistryImages {
  /** False for images of another registry, such as one that was used before. */
  holds(image: string): boolean;
  /** By `host/repository@digest`. What is gone already is no error. */
  delete(image: string): Promise<void>;
  /** Whether an error means that the registry does not answer at all. */
  isDown(error: unknown): boolean;
}
