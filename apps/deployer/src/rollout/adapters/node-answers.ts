import {
  type AssignedNode,
  nodeAccessAnswered,
  type NodeAccessAnswer,
  nodeAnswered,
  type NodeAnswer,
  topics,
} from '#libs/contracts';
import { tail } from '#libs/kafka';
import { together, type Transaction, type WorkQueue } from '#libs/postgres';
import type { Runtime } from '#libs/runtime';
import type { NodeAnswers } from '../../task/ports.js';
import type { NodeLogins } from './node-logins.js';
import { storeNodeAnswer, upsertNodeLogin } from './node-rows.js';

/** Stores an answer; the task that waits for it goes on, on whichever replica. Idempotent: the first answer stays. */
export async function takeNodeAnswer(tx: Transaction, work: WorkQueue, answer: NodeAnswer): Promise<void> {
  const taskId = await storeNodeAnswer(tx, answer);
  if (taskId === undefined) return;
  // A task that is under way needs no nudge: its replica reads all answers.
  await together(
    ...(answer.node === undefined ? [] : [upsertNodeLogin(tx, answer.node)]),
    work.wake(tx, taskId),
  );
}

/** As an answer to a node request names it; nothing is reserved there. */
const unreserved = (node: NodeAccessAnswer): AssignedNode => ({ ...node, score: 0 });

export const takeNodeAccess = (tx: Transaction, answer: NodeAccessAnswer): Promise<void> =>
  upsertNodeLogin(tx, unreserved(answer));

/** Far more than are on their way at once. */
const MOST_KEPT = 10_000;

/** The answers that came by last, for the tasks of this replica that wait for them, or will when they are taken over. */
export class AnswerBoard implements NodeAnswers {
  private readonly kept = new Map<string, NodeAnswer>();
  private readonly callbacks = new Map<string, Set<() => void>>();

  /** The first answer to an access token stays. */
  post(answer: NodeAnswer): void {
    const { accessToken } = answer;
    if (this.kept.has(accessToken)) return;
    this.kept.set(accessToken, answer);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_KEPT && oldest !== undefined) this.kept.delete(oldest);
    this.callbacks.get(accessToken)?.forEach((callback) => callback());
  }

  get(accessToken: string): NodeAnswer | undefined {
    return this.kept.get(accessToken);
  }

  onAnswer(accessToken: string, callback: () => void): () => void {
    const callbacks = this.callbacks.get(accessToken) ?? new Set();
    this.callbacks.set(accessToken, callbacks.add(callback));
    return () => {
      callbacks.delete(callback);
      if (callbacks.size === 0) this.callbacks.delete(accessToken);
    };
  }
}

/**
 * Every replica reads all answers, besides the group that shares them out and stores them: the task goes on as soon as
 * its answer is there. And a replica that dies takes its share of the group's partitions with it for seconds; the tasks
 * that others took over would wait for answers that lie there.
 */
export function tailNodeAnswers(
  kafka: Runtime['kafka'],
  board: AnswerBoard,
  logins: NodeLogins,
): Promise<{ stop(): Promise<void> }> {
  return tail(kafka, {
    topics: [topics.nodeResponses],
    from: 'end',
    onMessage({ data }) {
      const access = nodeAccessAnswered.schema.safeParse(data);
      const answer = nodeAnswered.schema.safeParse(data);
      if (access.success && !answer.success) return logins.see(unreserved(access.data));
      // What cannot be read goes to the dead letters, by the group.
      if (!answer.success) return;
      if (answer.data.node !== undefined) logins.see(answer.data.node);
      board.post(answer.data);
    },
  });
}
