import type { Outbox, Transaction } from '#libs/postgres';
import type { AnsweredRequest, Reply, RequestAnswers } from '../ports.js';
import { outgoingReply } from './reply-messages.js';
import * as rows from './request-rows.js';

/** Requests that are answered in the transaction that takes them in. */
export class PostgresRequestAnswers implements RequestAnswers {
  constructor(private readonly outbox: Outbox) {}

  async answerOnce(tx: Transaction, request: AnsweredRequest, work: () => Promise<Reply>): Promise<void> {
    const { token, kind, replyTopic } = request;
    if (!(await rows.insertRequest(tx, { ...request, openTasks: 0 })))
      return answerAgain(tx, this.outbox, token);
    const reply = await work();
    await rows.setReply(tx, token, reply);
    await this.outbox.add(tx, [outgoingReply(kind, reply, replyTopic)]);
  }
}

/** The same answer as before, if there is one yet. */
export async function answerAgain(tx: Transaction, outbox: Outbox, token: string): Promise<void> {
  const stored = await rows.storedReply(tx, token);
  if (stored?.reply !== undefined)
    await outbox.add(tx, [outgoingReply(stored.kind, stored.reply, stored.replyTopic)]);
}
