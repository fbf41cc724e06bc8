import type { DeploymentReply, ScaleReply } from '#libs/contracts';
import { type Outbox, together, type Transaction, type WorkQueue } from '#libs/postgres';
import type { Asker } from '../../task/domain/task.events.js';
import type { Clock } from '../../task/ports.js';
import type { WantedNow } from '../domain/early-refusal.js';
import type { FirstEvent, KnownOfScaling, NewRequest } from '../domain/intake.js';
import type { NewTasks, Origin, RequestStore } from '../ports.js';
import { outgoingReply } from './reply-messages.js';
import { answerAgain } from './request-answers.js';
import * as rows from './request-rows.js';
import { knownOfScaling, wantedNow } from './scaling-rows.js';

export interface StoredRequestsParts {
  readonly tasks: NewTasks;
  readonly outbox: Outbox;
  readonly work: WorkQueue;
  readonly clock: Clock;
}

/** Requests in Postgres: a row each, and their tasks. */
export class StoredRequests implements RequestStore {
  constructor(
    private readonly tx: Transaction,
    private readonly parts: StoredRequestsParts,
  ) {}

  async add(request: NewRequest, origin: Origin, tasks: readonly FirstEvent[]): Promise<boolean> {
    const row = { ...rowOf(request, origin), openTasks: tasks.length };
    if (!(await rows.insertRequest(this.tx, row))) return false;
    await together(...tasks.map((task, position) => this.parts.tasks.accept(this.tx, task, position)));
    return true;
  }

  async addAnswered(
    request: NewRequest,
    origin: Origin,
    reply: DeploymentReply | ScaleReply,
  ): Promise<boolean> {
    const row = { ...rowOf(request, origin), openTasks: 0, reply };
    if (!(await rows.insertRequest(this.tx, row))) return false;
    await this.parts.outbox.add(this.tx, [outgoingReply(request.kind, reply, request.replyTopic)]);
    return true;
  }

  answerAgain(token: string): Promise<void> {
    return answerAgain(this.tx, this.parts.outbox, token);
  }

  openTasks(token: string): Promise<readonly string[] | undefined> {
    return rows.openTasks(this.tx, token);
  }

  knownOfScaling(
    of: { readonly appId: string; readonly service: string },
    fence: number,
  ): Promise<KnownOfScaling> {
    return knownOfScaling(this.tx, of, fence);
  }

  wantedNow(of: { readonly appId: string; readonly service: string }): Promise<WantedNow> {
    return wantedNow(this.tx, of);
  }

  async cancel(token: string, openTasks: readonly string[], by: Asker): Promise<void> {
    const { work } = this.parts;
    // Work rows before the request's, as where a task ends: no deadlock.
    for (const id of openTasks) await work.wake(this.tx, id);
    await rows.setCancelled(this.tx, token, by);
    for (const id of openTasks) await work.nudge(this.tx, id);
  }
}

function rowOf({ request, ...known }: NewRequest, { traceparent, principal }: Origin) {
  return { ...known, traceparent, request: principal === undefined ? request : { ...request, principal } };
}
