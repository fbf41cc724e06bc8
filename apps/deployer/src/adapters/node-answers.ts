import { nodeAnswered, type NodeAnswer, topics } from '#libs/contracts';
import { tail } from '#libs/kafka';
import { transaction, type Pool, type Transaction, type WorkQueue } from '#libs/postgres';
import type { Runtime } from '#libs/runtime';
import { storeNodeAnswer, upsertNodeLogin } from './task-rows.js';

/** Stores an answer; the task that waits for it goes on, on whichever replica. Idempotent: the first answer stays. */
export async function takeNodeAnswer(tx: Transaction, work: WorkQueue, answer: NodeAnswer): Promise<void> {
  const taskId = await storeNodeAnswer(tx, answer);
  if (taskId === undefined) return;
  if (answer.node !== undefined) await upsertNodeLogin(tx, answer.node);
  await work.wake(tx, taskId);
  await work.nudge(tx, taskId);
}

export interface AnswerTailParts {
  readonly runtime: Pick<Runtime, 'kafka' | 'logger'>;
  readonly pool: Pool;
  readonly work: WorkQueue;
}

/**
 * Every replica reads all answers, besides the group that shares them out: a replica that dies takes its share of the
 * group's partitions with it for seconds, and the tasks that others took over would wait for answers that lie there.
 */
export function tailNodeAnswers({
  runtime,
  pool,
  work,
}: AnswerTailParts): Promise<{ stop(): Promise<void> }> {
  const { kafka, logger } = runtime;
  return tail(kafka, {
    topics: [topics.nodeResponses],
    from: 'end',
    onMessage({ data }) {
      const answer = nodeAnswered.schema.safeParse(data);
      // What cannot be read goes to the dead letters, by the group.
      if (!answer.success) return;
      transaction(pool, (tx) => takeNodeAnswer(tx, work, answer.data)).catch((err: unknown) =>
        logger.warn({ err }, 'a node answer was not stored; the group of all replicas will'),
      );
    },
  });
}
