import {
  type DeploymentReply,
  type DeploymentRequest,
  type RequestedService,
  type ScaleReply,
  type ScaleRequest,
  type ServiceMode,
  topics,
} from '#libs/contracts';
import { type Outbox, together, type Transaction, type WorkQueue } from '#libs/postgres';
import type { TaskEvent, TaskEventOf } from '../../task/domain/task.events.js';
import type { Clock } from '../../task/ports.js';
import type { NewTasks, Repair, RepairRequests, RequestKind } from '../ports.js';
import { outgoingReply } from './reply-messages.js';
import { answerAgain } from './request-answers.js';
import * as rows from './request-rows.js';

export interface IntakeParts {
  readonly outbox: Outbox;
  readonly work: WorkQueue;
  readonly tasks: NewTasks;
  readonly clock: Clock;
  /** Topics a request may name in `replyTo`; the default topic is always one of them. */
  readonly replyTopics: readonly string[];
  readonly defaultDeadlineMs: number;
}

interface Accepted {
  readonly token: string;
  readonly request: object;
  readonly kind: RequestKind;
  readonly replyTopic: string;
  readonly traceparent?: string;
  readonly tasks: readonly TaskEventOf<'TaskAccepted'>[];
}

interface AcceptedScale extends Pick<Accepted, 'request' | 'traceparent'> {
  readonly task: Pick<
    TaskEventOf<'TaskAccepted'>['data'],
    'token' | 'appId' | 'appName' | 'service' | 'scale' | 'principal' | 'verified' | 'reason'
  >;
  readonly deadlineMs?: number;
}

/**
 * Takes a request in: its row, a first event and a unit of work per service, all in the message's transaction.
 * A token that is known is not taken in twice; if it was answered, the same answer is sent again.
 */
export class RequestIntake implements RepairRequests {
  constructor(private readonly parts: IntakeParts) {}

  async accept(tx: Transaction, request: DeploymentRequest, traceparent?: string): Promise<void> {
    const { token, mode, services } = request;
    const replyTopic = request.replyTo ?? topics.deploymentResponses;
    if (replyTopic !== topics.deploymentResponses && !this.parts.replyTopics.includes(replyTopic))
      return this.refuse(tx, request, replyTopicRefused(request));
    if (mode === 'cancel') return this.cancel(tx, request, replyTopic);
    const tasks = services.map((service) => this.taskOf(request, mode, service));
    await this.takeIn(tx, { token, request, kind: 'deployment', replyTopic, traceparent, tasks });
  }

  async acceptScale(tx: Transaction, request: ScaleRequest, traceparent?: string): Promise<void> {
    const { token, appId, service, by, to, instance, deadlineMs, principal, reason } = request;
    const scale = { by, to, instance };
    const task = { token, appId, appName: appId, service, scale, principal, verified: false, reason };
    await this.takeInScale(tx, { request, traceparent, task, deadlineMs });
  }

  /** A repair of our own: a scale request that starts another in an instance's place, answered as such. */
  async acceptRepair(tx: Transaction, repair: Repair): Promise<void> {
    const { instance, ...task } = repair;
    const scale = instance === undefined ? { restore: true } : { repairs: instance };
    const by = { principal: OWN_PRINCIPAL, verified: true };
    await this.takeInScale(tx, { request: repair, task: { ...task, ...by, scale } });
  }

  private async takeInScale(
    tx: Transaction,
    { request, traceparent, task, deadlineMs }: AcceptedScale,
  ): Promise<void> {
    const accepted: TaskEventOf<'TaskAccepted'> = {
      type: 'TaskAccepted',
      data: { ...task, mode: 'scale', source: { blob: '' }, deadlineAt: this.deadline(deadlineMs) },
    };
    const { token } = task;
    const tasks = [accepted];
    const replyTopic = topics.scaleResponses;
    await this.takeIn(tx, { token, request, kind: 'scale', replyTopic, traceparent, tasks });
  }

  /** Answers a request that cannot be taken in, once per token. */
  async refuse(tx: Transaction, request: object, reply: DeploymentReply): Promise<void> {
    await this.answerAtOnce(tx, request, reply, 'deployment', topics.deploymentResponses);
  }

  /** The same for a scale request. */
  async refuseScale(tx: Transaction, request: object, reply: ScaleReply): Promise<void> {
    await this.answerAtOnce(tx, request, reply, 'scale', topics.scaleResponses);
  }

  private async answerAtOnce(
    tx: Transaction,
    request: object,
    reply: DeploymentReply | ScaleReply,
    kind: RequestKind,
    replyTopic: string,
  ): Promise<void> {
    const { token } = reply;
    const isNew = await rows.insertRequest(tx, { token, request, replyTopic, openTasks: 0, kind, reply });
    if (!isNew) return answerAgain(tx, this.parts.outbox, token);
    await this.parts.outbox.add(tx, [outgoingReply(kind, reply, replyTopic)]);
  }

  private async takeIn(tx: Transaction, { tasks, ...request }: Accepted): Promise<void> {
    const isNew = await rows.insertRequest(tx, { ...request, openTasks: tasks.length });
    if (!isNew) return answerAgain(tx, this.parts.outbox, request.token);
    await together(...tasks.map((event, position) => this.parts.tasks.accept(tx, event, position)));
  }

  /** What waits ends now, what runs at its next step: whoever holds it is told. */
  private async cancel(tx: Transaction, request: DeploymentRequest, replyTopic: string): Promise<void> {
    const { token, cancels = '' } = request;
    const open = await rows.openTasks(tx, cancels);
    const refusal =
      open === undefined ? unknownRequest(cancels) : open.length === 0 ? endedRequest(cancels) : undefined;
    // Work rows before the request's, as where a task ends: no deadlock.
    if (refusal === undefined) for (const id of open ?? []) await this.parts.work.wake(tx, id);
    if (refusal === undefined) await rows.setCancelled(tx, cancels);
    for (const id of open ?? []) await this.parts.work.nudge(tx, id);
    const reply = { token, status: refusal === undefined, services: [], failed: [], error: refusal };
    await this.answerAtOnce(tx, request, reply, 'deployment', replyTopic);
  }

  private taskOf(
    { token, appId, appName, deadlineMs, dryRun, restart, principal, reason }: DeploymentRequest,
    mode: ServiceMode,
    { name, source, release, dependsOn, replicas }: RequestedService,
  ): Extract<TaskEvent, { type: 'TaskAccepted' }> {
    return {
      type: 'TaskAccepted',
      data: {
        ...{ token, appId, appName, service: name, mode, dryRun, restart, dependsOn },
        source: source ?? { blob: `${appId}--${name}.zip` },
        wantedRelease: release,
        ...{ replicas, principal, verified: false, reason },
        deadlineAt: this.deadline(deadlineMs),
      },
    };
  }

  private deadline(ms = this.parts.defaultDeadlineMs): string {
    return new Date(this.parts.clock.now().getTime() + ms).toISOString();
  }
}

/** Of what Slipway does by itself. */
const OWN_PRINCIPAL = 'slipway';

const unknownRequest = (token: string) => ({
  code: 'REQUEST_UNKNOWN',
  message: `There is no request ${token}.`,
  hint: 'Set cancels to the token of the request to cancel; the token is in every event of that request.',
});

const endedRequest = (token: string) => ({
  code: 'REQUEST_ENDED',
  message: `The request ${token} has ended already.`,
  hint: 'Its reply says how it ended. To undo it: slipway rollback or slipway stop.',
});

function replyTopicRefused(request: DeploymentRequest): DeploymentReply {
  return {
    token: request.token,
    status: false,
    services: [],
    failed: request.services.map((s) => s.name),
    error: {
      code: 'REPLY_TOPIC_REFUSED',
      message: 'replyTo: not an allowed reply topic',
      hint: `Leave replyTo out to be answered on ${topics.deploymentResponses}, or add the topic to DEPLOYER_REPLY_TOPICS.`,
    },
  };
}
