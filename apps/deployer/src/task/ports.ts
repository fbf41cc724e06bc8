import type { NodeAnswer } from '#libs/contracts';
import type { OutboxMessage, Transaction } from '#libs/postgres';
import type { DependencyResult } from './domain/decide-waits.js';
import type { SideKind, StepWrites } from './domain/step-writes.js';
import type { Effect } from './domain/task.effects.js';
import type { Asker, TaskEvent } from './domain/task.events.js';
import type { TaskState } from './domain/task.state.js';

export interface Clock {
  now(): Date;
}

/** Time that passes. */
export interface Timer {
  /** Milliseconds on a clock that only runs forward. */
  now(): number;
  /** Calls back once after so long, unless the function it gives is called first. */
  after(ms: number, callback: () => void): () => void;
}

/** Waits; rejects when the signal aborts. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** A task held under a lease; every write of its holder says the fence. */
export interface ClaimedTask {
  readonly taskId: string;
  readonly fence: bigint;
}

/** What a worker holds of a claimed task. */
export interface TaskLease {
  readonly claim: ClaimedTask;
  /** Aborts when the lease is lost, or the replica ends. */
  readonly signal: AbortSignal;
  /** Calls back when something that the task may wait for has happened, until the function it gives is called. */
  onNudge(callback: () => void): () => void;
}

/** What is stored of a task. */
export interface TaskHistory {
  readonly version: number;
  readonly events: readonly TaskEvent[];
  /** Where its request was cancelled. */
  readonly cancelledBy?: Asker;
  /** The trace in which its request was taken in. */
  readonly traceparent?: string;
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
  /** The stored answers to these. */
  nodeAnswers(accessTokens: readonly string[]): Promise<readonly NodeAnswer[]>;
  dependencies(token: string, services: readonly string[]): Promise<readonly DependencyResult[]>;
  /** Lets go of the task until what it waits for is there, or `dueAt`. False when something of it is there already. */
  park(claim: ClaimedTask, state: TaskState, waits: Waits, dueAt: Date): Promise<boolean>;
  /** Undefined where the request was not cancelled; empty where it is not known by whom. */
  cancelledBy(token: string): Promise<Asker | undefined>;
}

/** One step of a task, as it is stored. */
export interface Step {
  readonly claim: ClaimedTask;
  /** Before the step. */
  readonly state: TaskState;
  readonly writes: StepWrites;
}

/** What one feature adds to the steps of tasks: rows and messages, in the step's own transaction. */
export interface StepWriter {
  /** What the step sends besides its events. */
  messages?(step: Step): readonly OutboxMessage[];
  /** Sends its first statements before it waits for anything: they go to the database with those of the others. */
  write(tx: Transaction, step: Step): Promise<void>;
}

/** Who writes each kind of side write; the task store itself writes the end of a task. */
export type StepWriters = { readonly [K in Exclude<SideKind, 'end'>]: StepWriter };

/** What a task needs of the request that it belongs to. */
export interface TaskRequests {
  ofTask(taskId: string): Promise<Pick<TaskHistory, 'cancelledBy' | 'traceparent'>>;
  /** Undefined where the request was not cancelled; empty where it is not known by whom. */
  cancelledBy(token: string): Promise<Asker | undefined>;
  /** Holds the request, so that the end of another of its tasks is either seen or comes after. */
  hold(tx: Transaction, token: string): Promise<{ readonly cancelled: boolean }>;
  /** One more task has ended, and its result is stored; with the last one the request is answered. */
  taskEnded(tx: Transaction, token: string): Promise<void>;
}

/** The stored side of asking for nodes. */
export interface NodeRequests {
  /** The stored answers to these. */
  answers(accessTokens: readonly string[]): Promise<readonly NodeAnswer[]>;
  /** Holds the node requests, so that an answer is either seen here or finds its task parked. */
  someAnswered(tx: Transaction, accessTokens: readonly string[]): Promise<boolean>;
  /** It is not answered, and whoever asked wants it still. */
  isAwaited(accessToken: string): Promise<boolean>;
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

/** Something that a feature removes now and then. */
export interface Chore {
  /** For logs. */
  readonly what: string;
  readonly builder?: string;
  /** How many were removed. */
  work(): Promise<number>;
}
