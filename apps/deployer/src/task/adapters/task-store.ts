import {
  deploymentProgressed,
  deploymentReplied,
  instanceReported,
  nodeReleased,
  nodeRequested,
  scaleReplied,
  secretReplied,
  type DeploymentProgress,
  type DeploymentReply,
  type NodeAnswer,
  type ScaleReply,
  type SecretReply,
  type ServiceConfig,
  type ServiceReply,
} from '#libs/contracts';
import {
  together,
  transaction,
  type EventStore,
  type Outbox,
  type OutboxMessage,
  type Pool,
  type Transaction,
  type WorkQueue,
} from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import { deploymentReply, scaleReply } from '../../requests/domain/reply.js';
import type { Release, TaskEvent } from '../domain/task.events.js';
import type { TaskState } from '../domain/task.state.js';
import type { KnownInstance } from '../../rollout/ports.js';
import type {
  ClaimedTask,
  Clock,
  DependencyResult,
  StepWrites,
  TaskHistory,
  TaskStore,
  Waits,
} from '../ports.js';
import { specForTask, specMessage, storeSpec } from '../../services/adapters/spec-rows.js';
import { rolloutKey } from '../domain/task.turns.js';
import { kindredRelease } from '../../rollout/adapters/kindred-release.js';
import * as rows from './task-rows.js';

export interface TaskStoreParts {
  readonly pool: Pool;
  readonly events: EventStore;
  readonly outbox: Outbox;
  readonly work: WorkQueue;
  readonly clock: Clock;
  readonly replica: string;
  /** Of a task, from each step on. */
  readonly leaseMs: number;
}

/** The deployer's record in Postgres: events, rows beside them and outbox, in one transaction a step. */
export class PostgresTaskStore implements TaskStore {
  constructor(private readonly parts: TaskStoreParts) {}

  async history(taskId: string): Promise<TaskHistory> {
    const { events, pool } = this.parts;
    const [stored, request] = await Promise.all([events.read(pool, taskId), rows.requestOf(pool, taskId)]);
    return {
      version: stored.at(-1)?.version ?? 0,
      events: stored.map(({ type, data }) => ({ type, data }) as TaskEvent),
      ...request,
    };
  }

  async append(claim: ClaimedTask, state: TaskState, version: number, writes: StepWrites): Promise<void> {
    await transaction(this.parts.pool, async (tx) => {
      const { work, outbox, events, replica, leaseMs } = this.parts;
      const { nodeRequests = [], nodeLogins = [] } = writes;
      // All but what is made of an answer of the database goes to it at once.
      await together(
        // First: it holds the task's row, and says when another has it.
        work.assertHeld(tx, held(claim), leaseMs),
        events.append(tx, claim.taskId, version, [...writes.events], { replica }),
        storeReleases(tx, state, writes),
        this.storeSpec(tx, state, writes),
        this.storeInstances(tx, claim, writes),
        together(...nodeRequests.map((r) => rows.insertNodeRequest(tx, r.accessToken, claim.taskId))),
        together(...nodeLogins.map((node) => rows.upsertNodeLogin(tx, node))),
        outbox.add(tx, this.toldOf(state, version, writes)),
        this.end(tx, claim, state, writes.result),
      );
    });
  }

  /** What a step tells. */
  private toldOf(
    state: TaskState,
    version: number,
    { events, reports = [], nodeRequests = [], nodeReleases = [] }: StepWrites,
  ): readonly OutboxMessage[] {
    const { replica, clock } = this.parts;
    const at = clock.now().toISOString();
    return [
      ...events.map((event, n) =>
        outgoing(deploymentProgressed, progress(state, event, version + n + 1, at, replica)),
      ),
      ...reports.map((report) => outgoing(instanceReported, report)),
      ...nodeRequests.map((request) => outgoing(nodeRequested, request)),
      ...nodeReleases.map((accessToken) => outgoing(nodeReleased, { accessToken, appId: state.appId })),
    ];
  }

  async takeTurn(claim: ClaimedTask, state: TaskState): Promise<boolean> {
    return this.parts.work.switchKey(this.parts.pool, held(claim), rolloutKey(state));
  }

  async specFor(taskId: string, state: TaskState) {
    return specForTask(this.parts.pool, taskId, state);
  }

  async nodeAnswers(accessTokens: readonly string[]): Promise<readonly NodeAnswer[]> {
    return rows.nodeAnswers(this.parts.pool, accessTokens);
  }

  async dependencies(token: string, services: readonly string[]): Promise<readonly DependencyResult[]> {
    return rows.dependencyResults(this.parts.pool, token, services);
  }

  async park(claim: ClaimedTask, { token }: TaskState, waits: Waits, dueAt: Date): Promise<boolean> {
    return transaction(this.parts.pool, async (tx) => {
      // What is waited for is locked before the work row, as by whoever brings it: no deadlock, and what happens is
      // either seen here or finds the task parked.
      if (await rows.someNodeAnswered(tx, waits.accessTokens)) return false;
      if ((await rows.holdRequest(tx, token)).cancelled) return false;
      const results = await rows.dependencyResults(tx, token, waits.dependencies);
      if (results.length > 0 && results.every(({ result }) => result !== undefined)) return false;
      if (results.some(({ result }) => result?.status === 'failed')) return false;
      await this.parts.work.park(tx, held(claim), { dueAt });
      return true;
    });
  }

  async isCancelled(token: string): Promise<boolean> {
    return rows.isCancelled(this.parts.pool, token);
  }

  async releaseByDigest(appId: string, service: string, sourceDigest: string): Promise<Release | undefined> {
    return rows.releaseByDigest(this.parts.pool, appId, service, sourceDigest);
  }

  async releaseById(appId: string, service: string, id: string): Promise<Release | undefined> {
    return rows.releaseById(this.parts.pool, appId, service, id);
  }

  async currentRelease(appId: string, service: string): Promise<Release | undefined> {
    return rows.currentRelease(this.parts.pool, appId, service);
  }

  async kindredRelease(appId: string, service: string, config: ServiceConfig): Promise<Release | undefined> {
    return kindredRelease(this.parts.pool, appId, service, config);
  }

  async lastGoodRelease(
    appId: string,
    service: string,
    except: readonly string[],
  ): Promise<Release | undefined> {
    return rows.lastGoodRelease(this.parts.pool, appId, service, except);
  }

  async instancesOf(appId: string, service: string): Promise<readonly KnownInstance[]> {
    return rows.instancesOf(this.parts.pool, appId, service);
  }

  private async storeSpec(tx: Transaction, state: TaskState, { spec }: StepWrites): Promise<void> {
    if (spec === undefined) return;
    const { appId, appName, service, token, principal = UNKNOWN_PRINCIPAL, verified = false, reason } = state;
    const changedAt = this.parts.clock.now().toISOString();
    const stored = { appId, appName, service, spec, principal, verified, reason, token, changedAt };
    await together(storeSpec(tx, stored), this.parts.outbox.add(tx, [specMessage(stored)]));
  }

  private async storeInstances(tx: Transaction, claim: ClaimedTask, writes: StepWrites): Promise<void> {
    const reportedAt = this.parts.clock.now().toISOString();
    const [, drained] = await together(
      together(...(writes.addInstances ?? []).map((added) => rows.insertInstance(tx, claim.taskId, added))),
      rows.setInstanceState(tx, writes.drained ?? [], 'draining'),
      rows.setInstanceState(tx, writes.resumed ?? [], 'running'),
      rows.setInstanceState(tx, writes.abandoned ?? [], 'abandoned'),
      rows.deleteInstances(tx, writes.removeInstances ?? []),
    );
    const draining = drained.map((report) => ({ ...report, state: 'draining' as const, reportedAt }));
    // It is to get no more traffic from now on.
    await this.parts.outbox.add(
      tx,
      draining.map((report) => ({ ...outgoing(instanceReported, report), mayWait: false })),
    );
  }

  /** Closes the task, and answers the request where it was its last. */
  private async end(
    tx: Transaction,
    claim: ClaimedTask,
    { token, service }: TaskState,
    result: ServiceReply | undefined,
  ): Promise<void> {
    if (result === undefined) return;
    const { work } = this.parts;
    const [, last, dependents] = await together(
      rows.setTaskResult(tx, claim.taskId, result),
      rows.closeTask(tx, token),
      rows.dependentsOf(tx, token, service),
      work.finish(tx, held(claim)),
    );
    await together(
      ...dependents.map((dependent) => work.wake(tx, dependent)),
      ...(last === undefined ? [] : [this.answer(tx, token, last)]),
    );
  }

  private async answer(tx: Transaction, token: string, request: rows.EndedRequest): Promise<void> {
    const reply = replyOf(token, request);
    await together(
      rows.setReply(tx, token, reply),
      this.parts.outbox.add(tx, [outgoingReply(request.kind, reply, request.replyTopic)]),
    );
  }
}

/** Of a request that names nobody. */
const UNKNOWN_PRINCIPAL = 'unknown';

async function storeReleases(tx: Transaction, state: TaskState, writes: StepWrites): Promise<void> {
  const { release, currentRelease, result } = writes;
  const served = result?.status === 'running' && state.mode !== 'scale' ? result.release : undefined;
  await together(
    ...(release === undefined ? [] : [rows.insertRelease(tx, state, release)]),
    ...(currentRelease === undefined ? [] : [rows.setCurrentRelease(tx, state, currentRelease)]),
    ...(served === undefined ? [] : [rows.insertDeployment(tx, state, served)]),
  );
}

function replyOf(token: string, { kind, results }: rows.EndedRequest): DeploymentReply | ScaleReply {
  const [only] = results;
  return kind === 'scale' && only !== undefined ? scaleReply(token, only) : deploymentReply(token, results);
}

/** A reply in the form that its kind of request is answered in. */
export function outgoingReply(kind: rows.RequestKind, reply: rows.Reply, topic: string): OutboxMessage {
  switch (kind) {
    case 'scale':
      return outgoing(scaleReplied, reply as ScaleReply, topic);
    case 'secret':
      return outgoing(secretReplied, reply as SecretReply, topic);
    case 'deployment':
      return outgoing(deploymentReplied, reply as DeploymentReply, topic);
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
  if (data['release'] !== undefined) data['release'] = releaseId(data['release']);
  if (event.type === 'InstancesSurveyed')
    data['instances'] = event.data.instances.map((instance) => ({
      ...instance,
      release: instance.release.id,
    }));
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

function releaseId(release: unknown): unknown {
  return typeof release === 'object' && release !== null && 'id' in release ? release.id : release;
}
