import type { DeploymentReply, ScaleReply, SecretReply } from '#libs/contracts';
import type { Transaction } from '#libs/postgres';
import type { TaskEventOf } from '../task/domain/task.events.js';

export type RequestKind = 'deployment' | 'scale' | 'secret';

export type Reply = DeploymentReply | ScaleReply | SecretReply;

export interface NewRequest {
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
  answerOnce(tx: Transaction, request: NewRequest, work: () => Promise<Reply>): Promise<void>;
}

/** Where the tasks of a request go. */
export interface NewTasks {
  /** A task and its unit of work, at its place among the services that the request names. */
  accept(tx: Transaction, event: TaskEventOf<'TaskAccepted'>, position: number): Promise<void>;
}

/** An instance that does not run, in whose place another is started. */
export interface Repair {
  readonly token: string;
  readonly appId: string;
  readonly appName: string;
  readonly service: string;
  /** The instance in whose place another is started; without one, as many as are wanted. */
  readonly instance?: string;
}

export interface RepairRequests {
  acceptRepair(tx: Transaction, repair: Repair): Promise<void>;
}

/** Injection tokens of what the controllers of this feature ask for. */
export const REQUEST_INTAKE = Symbol('RequestIntake');
export const REQUEST_RECORD = Symbol('RequestRecord');
