import {
  deploymentProgressed,
  deploymentReplied,
  topics,
  type DeploymentReply,
  type DeploymentRequest,
} from '#libs/contracts';
import type { EventStore, Outbox, Transaction, WorkQueue } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import type { TaskEvent } from '../domain/task.events.js';
import { foldTask } from '../domain/task.state.js';
import type { Clock } from '../ports.js';
import { insertRequest, insertTask, storedReply } from './task-rows.js';
import { progress } from './task-store.js';

export interface IntakeParts {
  readonly events: EventStore;
  readonly outbox: Outbox;
  readonly work: WorkQueue;
  readonly clock: Clock;
  readonly replica: string;
  /** Topics a request may name in `replyTo`; the default topic is always one of them. */
  readonly replyTopics: readonly string[];
  readonly defaultDeadlineMs: number;
}

/**
 * Takes a request in: its row, a first event and a unit of work per service, all in the message's transaction.
 * A token that is known is not taken in twice; if it was answered, the same answer is sent again.
 * Whoever carries the request on, after a crash too, does so in the trace that is stored with it.
 */
export class RequestIntake {
  constructor(private readonly parts: IntakeParts) {}

  async accept(tx: Transaction, request: DeploymentRequest, traceparent?: string): Promise<void> {
    const replyTopic = request.replyTo ?? topics.deploymentResponses;
    if (replyTopic !== topics.deploymentResponses && !this.parts.replyTopics.includes(replyTopic)) {
      return this.refuse(tx, request, replyTopicRefused(request, replyTopic));
    }
    const { token, services } = request;
    const isNew = await insertRequest(tx, {
      token,
      request,
      replyTopic,
      openTasks: services.length,
      traceparent,
    });
    if (!isNew) return this.answerAgain(tx, token);
    for (const [position, service] of services.entries())
      await this.acceptTask(tx, request, service, position);
  }

  /** Answers a request that cannot be taken in, once per token. */
  async refuse(tx: Transaction, request: object, reply: DeploymentReply): Promise<void> {
    const replyTopic = topics.deploymentResponses;
    const { token } = reply;
    const isNew = await insertRequest(tx, { token, request, replyTopic, openTasks: 0, reply });
    if (!isNew) return this.answerAgain(tx, token);
    await this.parts.outbox.add(tx, [outgoing(deploymentReplied, reply)]);
  }

  private async answerAgain(tx: Transaction, token: string): Promise<void> {
    const stored = await storedReply(tx, token);
    if (stored?.reply)
      await this.parts.outbox.add(tx, [outgoing(deploymentReplied, stored.reply, stored.reply_topic)]);
  }

  private async acceptTask(
    tx: Transaction,
    request: DeploymentRequest,
    service: DeploymentRequest['services'][number],
    position: number,
  ): Promise<void> {
    const { token, appId, appName, mode } = request;
    const now = this.parts.clock.now();
    const id = `${token}/${service.name}`;
    const event: TaskEvent = {
      type: 'TaskAccepted',
      data: {
        token,
        appId,
        appName,
        service: service.name,
        mode,
        source: service.source ?? { blob: `${appId}--${service.name}.zip` },
        deadlineAt: new Date(
          now.getTime() + (request.deadlineMs ?? this.parts.defaultDeadlineMs),
        ).toISOString(),
      },
    };
    await insertTask(tx, id, token, position);
    await this.parts.events.append(tx, id, 0, [event], { replica: this.parts.replica });
    await this.parts.work.enqueue(tx, { id, key: `${appId}/${service.name}` });
    const step = progress(foldTask([event]), event, 1, now.toISOString(), this.parts.replica);
    await this.parts.outbox.add(tx, [outgoing(deploymentProgressed, step)]);
  }
}

function replyTopicRefused(request: DeploymentRequest, replyTopic: string): DeploymentReply {
  return {
    token: request.token,
    status: false,
    services: [],
    failed: request.services.map((s) => s.name),
    error: {
      code: 'REPLY_TOPIC_REFUSED',
      message: `replyTo names "${replyTopic}", which is not an allowed reply topic.`,
      hint: `Leave replyTo out to be answered on ${topics.deploymentResponses}, or add the topic to DEPLOYER_REPLY_TOPICS.`,
    },
  };
}
