import type {
  DeploymentReply,
  DeploymentRequest,
  MoveRequest,
  ScaleReply,
  ScaleRequest,
  SecretReply,
} from '#libs/contracts';
import type { Transaction } from '#libs/postgres';
import type { Asker } from '../task/domain/task.events.js';
import type { WantedNow } from './domain/early-refusal.js';
import type { FirstEvent, KnownOfScaling, NewRequest, Repair } from './domain/intake.js';

export type RequestKind = 'deployment' | 'scale' | 'secret';

export type Reply = DeploymentReply | ScaleReply | SecretReply;

/** A request that comes to no task. */
export interface AnsweredRequest {
  readonly token: string;
  /** What was asked, as it may be read later. */
  readonly request: object;
  readonly kind: RequestKind;
  readonly replyTopic: string;
  readonly traceparent?: string;
}

/** For requests that come to no task. */
export interface RequestAnswers {
  /** Takes a request in and answers with what `work` gives. A token that is known gets the same answer again. */
  answerOnce(tx: Transaction, request: AnsweredRequest, work: () => Promise<Reply>): Promise<void>;
}

/** Where the tasks of a request go. */
export interface NewTasks {
  /** A task and its unit of work, at its place among the services that the request names. */
  accept(tx: Transaction, event: FirstEvent, position: number): Promise<void>;
}

/** How a request came. */
export interface Origin {
  /** The trace in which it came. */
  readonly traceparent?: string;
  /** Who sent it, where that is proven. */
  readonly principal?: string;
}

/** The record of requests, in one transaction. */
export interface RequestStore {
  /** Stores the request and its tasks, which may be worked on from then on. False when its token is known: nothing is stored. */
  add(request: NewRequest, origin: Origin, tasks: readonly FirstEvent[]): Promise<boolean>;
  /** Stores the request with its reply and sends that. False when its token is known: nothing is stored. */
  addAnswered(request: NewRequest, origin: Origin, reply: DeploymentReply | ScaleReply): Promise<boolean>;
  /** Sends the stored reply to this token again, if there is one yet. */
  answerAgain(token: string): Promise<void>;
  /** The ids of the request's tasks that have not ended; undefined when there is no such request. */
  openTasks(token: string): Promise<readonly string[] | undefined>;
  /** Of a service, with the fence of a request, which is kept where none was higher. */
  knownOfScaling(
    of: { readonly appId: string; readonly service: string },
    fence: number,
  ): Promise<KnownOfScaling>;
  /** Of a service, as it is wanted at this moment. */
  wantedNow(of: { readonly appId: string; readonly service: string }): Promise<WantedNow>;
  /** What waits of these tasks ends now, what runs at its next step. */
  cancel(token: string, openTasks: readonly string[], by: Asker): Promise<void>;
}

export interface RepairRequests {
  acceptRepair(tx: Transaction, repair: Repair): Promise<void>;
}

/** Takes requests in, each in its caller's transaction. */
export interface RequestIntake extends RepairRequests {
  /** @returns whether the token is new */
  accept(tx: Transaction, request: DeploymentRequest, origin?: Origin): Promise<boolean>;
  /** @returns whether the token is new */
  acceptScale(tx: Transaction, request: ScaleRequest, origin?: Origin): Promise<boolean>;
  /** @returns whether the token is new */
  acceptMove(tx: Transaction, request: MoveRequest, origin?: Origin): Promise<boolean>;
  /** Answers a request that cannot be taken in, once per token. */
  refuse(tx: Transaction, request: object, reply: DeploymentReply): Promise<void>;
  refuseScale(tx: Transaction, request: object, reply: ScaleReply): Promise<void>;
}

/** The stored replies. */
export interface Replies {
  reply(token: string): Promise<Reply | undefined>;
  /** Calls back when a reply to this token was stored, or may have been, until the function it gives is called. */
  onReply(token: string, callback: () => void): () => void;
}

export interface TakenIn {
  /** The token is that of a request with another body: nothing comes of this one. */
  readonly isOther: boolean;
}

/** Requests that come by HTTP, each in a transaction of its own. */
export interface Submissions {
  deployment(request: DeploymentRequest, origin: Origin): Promise<TakenIn>;
  scale(request: ScaleRequest, origin: Origin): Promise<TakenIn>;
  /** Waits for the reply; undefined when the time is over, the signal aborts or the replica ends. */
  reply(token: string, withinMs: number, signal: AbortSignal): Promise<Reply | undefined>;
}

/** Injection tokens of what the controllers of this feature ask for. */
export const REQUEST_INTAKE = Symbol('RequestIntake');
export const REQUEST_RECORD = Symbol('RequestRecord');
export const SUBMISSIONS = Symbol('Submissions');
