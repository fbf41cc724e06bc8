import type { DeploymentReply, ScaleReply } from '#libs/contracts';
import { type Outbox, type Pool, together, type Transaction } from '#libs/postgres';
import type { Asker } from '../../task/domain/task.events.js';
import type { TaskRequests } from '../../task/ports.js';
import { deploymentReply, scaleReply } from '../domain/reply.js';
import { outgoingReply } from './reply-messages.js';
import * as rows from './request-rows.js';

/** What a task needs of its request, in Postgres. */
export class PostgresTaskRequests implements TaskRequests {
  constructor(
    private readonly pool: Pool,
    private readonly outbox: Outbox,
  ) {}

  ofTask(taskId: string): Promise<{ readonly cancelledBy?: Asker; readonly traceparent?: string }> {
    return rows.requestOf(this.pool, taskId);
  }

  cancelledBy(token: string): Promise<Asker | undefined> {
    return rows.cancelledBy(this.pool, token);
  }

  hold(tx: Transaction, token: string): Promise<{ readonly cancelled: boolean }> {
    return rows.holdRequest(tx, token);
  }

  async taskEnded(tx: Transaction, token: string): Promise<void> {
    const ended = await rows.closeTask(tx, token);
    if (ended === undefined) return;
    const reply = replyOf(token, ended);
    await together(
      rows.setReply(tx, token, reply),
      this.outbox.add(tx, [outgoingReply(ended.kind, reply, ended.replyTopic)]),
    );
  }
}

function replyOf(token: string, { kind, results }: rows.EndedRequest): DeploymentReply | ScaleReply {
  const [only] = results;
  return kind === 'scale' && only !== undefined ? scaleReply(token, only) : deploymentReply(token, results);
}
