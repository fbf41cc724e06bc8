import { deploymentProgressed, type NodeAnswer, type ServiceReply } from '#libs/contracts';
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
import type { DependencyResult } from '../domain/decide-waits.js';
import { published } from '../domain/published.js';
import { sidesOf, type StepWrites } from '../domain/step-writes.js';
import type { Asker, TaskEvent } from '../domain/task.events.js';
import { evolve, type TaskState } from '../domain/task.state.js';
import type {
  ClaimedTask,
  Clock,
  NodeRequests,
  Step,
  StepWriter,
  StepWriters,
  TaskHistory,
  TaskRequests,
  TaskStore,
  Waits,
} from '../ports.js';
import { rolloutKey } from '../domain/task.turns.js';
import * as rows from './task-rows.js';

interface TaskStoreParts {
  readonly pool: Pool;
  readonly events: EventStore;
  readonly outbox: Outbox;
  readonly work: WorkQueue;
  readonly clock: Clock;
  readonly replica: string;
  /** Of a task, from each step on. */
  readonly leaseMs: number;
  readonly requests: TaskRequests;
  readonly nodeRequests: NodeRequests;
  /** What the features add to a step; in this order. */
  readonly writers: StepWriters;
}

/** The deployer's record in Postgres: events, rows beside them and outbox, in one transaction a step. */
export class PostgresTaskStore implements TaskStore {
  /** Each once, however many kinds it writes. */
  private readonly writers: readonly StepWriter[];

  constructor(private readonly parts: TaskStoreParts) {
    this.writers = [...new Set(Object.values(parts.writers))];
  }

  async history(taskId: string): Promise<TaskHistory> {
    const { events, pool, requests } = this.parts;
    const [stored, request] = await Promise.all([events.read(pool, taskId), requests.ofTask(taskId)]);
    return {
      version: stored.at(-1)?.version ?? 0,
      events: stored.map(({ type, data }) => ({ type, data }) as TaskEvent),
      ...request,
    };
  }

  async append(claim: ClaimedTask, state: TaskState, version: number, writes: StepWrites): Promise<void> {
    const step = { claim, state, writes };
    await transaction(this.parts.pool, async (tx) => {
      const { work, outbox, events, replica, leaseMs } = this.parts;
      // All but what is made of an answer of the database goes to it at once.
      await together(
        // First: it holds the task's row, and says when another has it.
        work.assertHeld(tx, held(claim), leaseMs),
        events.append(tx, claim.taskId, version, [...writes.events], { replica }),
        ...this.writers.map((writer) => writer.write(tx, step)),
        outbox.add(tx, this.messagesOf(step, version)),
        ...sidesOf(writes, 'end').map(({ result }) => this.end(tx, step, result)),
      );
    });
  }

  /** What a step sends. */
  private messagesOf(step: Step, version: number): readonly OutboxMessage[] {
    const { replica, clock } = this.parts;
    const at = clock.now().toISOString();
    return [
      ...step.writes.events.map((event, n) =>
        outgoing(
          deploymentProgressed,
          published(step.state, event, { version: version + n + 1, at, replica }),
        ),
      ),
      ...this.writers.flatMap((writer) => writer.messages?.(step) ?? []),
    ];
  }

  takeTurn(claim: ClaimedTask, state: TaskState): Promise<boolean> {
    return this.parts.work.switchKey(this.parts.pool, held(claim), rolloutKey(state));
  }

  nodeAnswers(accessTokens: readonly string[]): Promise<readonly NodeAnswer[]> {
    return this.parts.nodeRequests.answers(accessTokens);
  }

  async dependencies(token: string, services: readonly string[]): Promise<readonly DependencyResult[]> {
    return rows.dependencyResults(this.parts.pool, token, services);
  }

  async park(claim: ClaimedTask, { token }: TaskState, waits: Waits, dueAt: Date): Promise<boolean> {
    const { pool, nodeRequests, requests, work } = this.parts;
    return transaction(pool, async (tx) => {
      // What is waited for is locked before the work row, as by whoever brings it: no deadlock, and what happens is
      // either seen here or finds the task parked.
      if (await nodeRequests.someAnswered(tx, waits.accessTokens)) return false;
      if ((await requests.hold(tx, token)).cancelled) return false;
      const results = await rows.dependencyResults(tx, token, waits.dependencies);
      if (results.length > 0 && results.every(({ result }) => result !== undefined)) return false;
      if (results.some(({ result }) => result?.status === 'failed')) return false;
      await work.park(tx, held(claim), { dueAt });
      return true;
    });
  }

  cancelledBy(token: string): Promise<Asker | undefined> {
    return this.parts.requests.cancelledBy(token);
  }

  /** Closes the task, and answers the request where it was its last. */
  private async end(tx: Transaction, { claim, state, writes }: Step, result: ServiceReply): Promise<void> {
    const { work, requests } = this.parts;
    const { token, service } = state;
    const knowsSpec = !isSurveyedWithoutSpec(writes.events.reduce<TaskState>(evolve, state));
    const [, , dependents] = await together(
      rows.setTaskResult(tx, claim.taskId, result, knowsSpec),
      requests.taskEnded(tx, token),
      rows.dependentsOf(tx, token, service),
      work.finish(tx, held(claim)),
    );
    await together(...dependents.map((dependent) => work.wake(tx, dependent)));
  }
}

/** By a replica of the version before, which knew of no spec. */
const isSurveyedWithoutSpec = ({ survey, arrival }: TaskState): boolean =>
  survey !== undefined && arrival === undefined;

const held = (claim: ClaimedTask): { id: string; fence: bigint } => ({
  id: claim.taskId,
  fence: claim.fence,
});
