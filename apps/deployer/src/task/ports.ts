import type { ServiceSpec } from '../services/domain/spec.js';
import type {
  AssignedNode,
  InstanceReport,
  NodeAnswer,
  NodeRequest,
  ServiceConfig,
  ServiceReply,
} from '#libs/contracts';
import type { AddedInstance, KnownInstance } from '../rollout/ports.js';
import type { Effect } from './domain/task.effects.js';
import type { Release, TaskEvent } from './domain/task.events.js';
import type { TaskState } from './domain/task.state.js';

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
  /** What is wanted of the service from now on. */
  readonly spec?: ServiceSpec;
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
  /** True: the task goes on, and has the turn of its service. False: it was let go of until its turn comes. */
  takeTurn(claim: ClaimedTask, state: TaskState): Promise<boolean>;
  /** What is wanted of the task's service, and the task's place in the order of arrival. */
  specFor(
    taskId: string,
    state: TaskState,
  ): Promise<{ readonly spec?: ServiceSpec; readonly arrival: number }>;
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

/** Runs each step and gives the events that it came to; for traces. */
export type AroundStep = (
  state: TaskState,
  effect: Effect,
  work: () => Promise<readonly TaskEvent[]>,
) => Promise<readonly TaskEvent[]>;
