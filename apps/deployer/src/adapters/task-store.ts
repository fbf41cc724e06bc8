import {
  deploymentProgressed,
  deploymentReplied,
  instanceReported,
  nodeRequested,
  type DeploymentProgress,
  type NodeAnswer,
  type ServiceReply,
} from '#libs/contracts';
import {
  transaction,
  type EventStore,
  type Outbox,
  type OutboxMessage,
  type Pool,
  type Transaction,
  type WorkQueue,
} from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import { deploymentReply } from '../domain/reply.js';
import type { Release, TaskEvent } from '../domain/task.events.js';
import type { TaskState } from '../domain/task.state.js';
import type { ClaimedTask, Clock, KnownInstance, StepWrites, TaskHistory, TaskStore } from '../ports.js';
import * as rows from './task-rows.js';

export interface TaskStoreParts {
  readonly pool: Pool;
  readonly events: EventStore;
  readonly outbox: Outbox;
  readonly work: WorkQueue;
  readonly clock: Clock;
  readonly replica: string;
}

/** The deployer's record in Postgres: events, rows beside them and outbox, in one transaction a step. */
export class PostgresTaskStore implements TaskStore {
  constructor(private readonly parts: TaskStoreParts) {}

  async history(taskId: string): Promise<TaskHistory> {
    const stored = await this.parts.events.read(this.parts.pool, taskId);
    const events = stored.map((e) => ({ event: { type: e.type, data: e.data } as TaskEvent, at: e.at }));
    return { version: stored.at(-1)?.version ?? 0, events };
  }

  async append(claim: ClaimedTask, state: TaskState, version: number, writes: StepWrites): Promise<void> {
    await transaction(this.parts.pool, async (tx) => {
      await this.parts.work.assertHeld(tx, held(claim));
      const messages = await this.store(tx, claim, state, version, writes.events);
      const { release, currentRelease, nodeRequest, addInstance } = writes;
      if (release !== undefined) await rows.insertRelease(tx, state, release);
      if (currentRelease !== undefined) await rows.setCurrentRelease(tx, state, currentRelease);
      if (addInstance !== undefined) await rows.insertInstance(tx, claim.taskId, addInstance);
      await rows.deleteInstances(tx, writes.removeInstances ?? []);
      messages.push(...(writes.reports ?? []).map((r) => outgoing(instanceReported, r)));
      if (nodeRequest !== undefined) {
        await rows.insertNodeRequest(tx, nodeRequest.accessToken, claim.taskId);
        messages.push(outgoing(nodeRequested, nodeRequest));
      }
      if (writes.result !== undefined) messages.push(...(await this.end(tx, claim, state, writes.result)));
      await this.parts.outbox.add(tx, messages);
    });
  }

  async answerOrPark(claim: ClaimedTask, accessToken: string, dueAt: Date): Promise<NodeAnswer | undefined> {
    return transaction(this.parts.pool, async (tx) => {
      // The node request's row is locked before the work row, as the consumer of answers does: no deadlock,
      // and an answer is either seen here or finds the task parked.
      const answer = await rows.lockNodeAnswer(tx, accessToken);
      if (answer === undefined) await this.parts.work.park(tx, held(claim), { dueAt });
      return answer;
    });
  }

  async releaseByDigest(appId: string, service: string, sourceDigest: string): Promise<Release | undefined> {
    return rows.releaseByDigest(this.parts.pool, appId, service, sourceDigest);
  }

  async currentRelease(appId: string, service: string): Promise<Release | undefined> {
    return rows.currentRelease(this.parts.pool, appId, service);
  }

  async instancesOf(appId: string, service: string): Promise<readonly KnownInstance[]> {
    return rows.instancesOf(this.parts.pool, appId, service);
  }

  /** Closes the task; the messages to send, which are the reply where it was the request's last. */
  private async end(
    tx: Transaction,
    claim: ClaimedTask,
    { token }: TaskState,
    result: ServiceReply,
  ): Promise<readonly OutboxMessage[]> {
    await rows.setTaskResult(tx, claim.taskId, result);
    const last = await rows.closeTask(tx, token);
    await this.parts.work.finish(tx, held(claim));
    if (last === undefined) return [];
    const reply = deploymentReply(token, last.results);
    await rows.setReply(tx, token, reply);
    return [outgoing(deploymentReplied, reply, last.replyTopic)];
  }

  /** Appends; the messages that tell `deployment.events` of it. */
  private async store(
    tx: Transaction,
    claim: ClaimedTask,
    state: TaskState,
    version: number,
    events: readonly TaskEvent[],
  ): Promise<OutboxMessage[]> {
    const { replica, clock } = this.parts;
    await this.parts.events.append(tx, claim.taskId, version, [...events], { replica });
    const at = clock.now().toISOString();
    return events.map((event, n) =>
      outgoing(deploymentProgressed, progress(state, event, version + n + 1, at, replica)),
    );
  }
}

const held = (claim: ClaimedTask): { id: string; fence: bigint } => ({
  id: claim.taskId,
  fence: claim.fence,
});

/** One stored event as the world sees it. A config's `env` may hold what is nobody's business, so it stays inside. */
export function progress(
  state: TaskState,
  event: TaskEvent,
  version: number,
  at: string,
  replica: string,
): DeploymentProgress {
  const data: Record<string, unknown> = { ...event.data };
  delete data['config'];
  const release = data['release'];
  if (typeof release === 'object' && release !== null && 'id' in release) data['release'] = release.id;
  const node = data['node'];
  return {
    token: state.token,
    appId: state.appId,
    service: state.service,
    event: event.type,
    version,
    at,
    phase: 'phase' in event.data ? event.data.phase : undefined,
    ms: 'ms' in event.data ? event.data.ms : undefined,
    node: typeof node === 'object' && node !== null && 'name' in node ? String(node.name) : undefined,
    replica,
    data,
  };
}
