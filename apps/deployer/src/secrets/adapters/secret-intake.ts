import { type SecretReply, type SecretRequest, topics } from '#libs/contracts';
import type { Outbox, Transaction } from '#libs/postgres';
import { StepError, toTaskError } from '../../task/domain/task-error.js';
import { answerAgain } from '../../requests/adapters/request-intake.js';
import type { PostgresSecrets } from './secrets.js';
import * as rows from '../../task/adapters/task-rows.js';
import { outgoingReply } from '../../task/adapters/task-store.js';

export interface SecretIntakeParts {
  readonly outbox: Outbox;
  readonly secrets: PostgresSecrets;
}

/** Stores and removes secrets, in the message's transaction. A token that is known gets the same answer again. */
export class SecretIntake {
  constructor(private readonly parts: SecretIntakeParts) {}

  async accept(tx: Transaction, request: SecretRequest, traceparent?: string): Promise<void> {
    const { token, mode, appId, name } = request;
    // What was asked is there to be read, so the value is not, sealed or not.
    await this.answer(tx, { token, mode, appId, name }, () => this.done(tx, request), traceparent);
  }

  /** Answers a request that cannot be read, once per token. */
  async refuse(tx: Transaction, reply: SecretReply): Promise<void> {
    await this.answer(tx, { token: reply.token }, () => Promise.resolve(reply));
  }

  private async done(tx: Transaction, request: SecretRequest): Promise<SecretReply> {
    const { token, mode } = request;
    const { secrets } = this.parts;
    try {
      const secret = await (mode === 'set' ? secrets.set(tx, request) : secrets.remove(tx, request));
      return { token, status: true, secret };
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      return { token, status: false, error: toTaskError(mode, error) };
    }
  }

  private async answer(
    tx: Transaction,
    request: Pick<SecretRequest, 'token'> & Partial<SecretRequest>,
    work: () => Promise<SecretReply>,
    traceparent?: string,
  ): Promise<void> {
    const { token } = request;
    const { outbox } = this.parts;
    const replyTopic = topics.secretResponses;
    const row = { token, request, replyTopic, openTasks: 0, kind: 'secret', traceparent } as const;
    if (!(await rows.insertRequest(tx, row))) return answerAgain(tx, outbox, token);
    const reply = await work();
    await rows.setReply(tx, token, reply);
    await outbox.add(tx, [outgoingReply('secret', reply, replyTopic)]);
  }
}
