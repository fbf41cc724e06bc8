import { type SecretReply, type SecretRequest, topics } from '#libs/contracts';
import type { Transaction } from '#libs/postgres';
import { StepError, toTaskError } from '../../task/domain/task-error.js';
import type { RequestAnswers } from '../../requests/ports.js';
import type { SecretRefusals, SecretRequests } from '../ports.js';
import type { PostgresSecrets } from './secrets.js';

interface SecretIntakeParts {
  readonly requests: RequestAnswers;
  readonly secrets: PostgresSecrets;
}

/** Stores and removes secrets, in the message's transaction. A token that is known gets the same answer again. */
export class SecretIntake implements SecretRequests, SecretRefusals {
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
    const row = { token, request, kind: 'secret', replyTopic: topics.secretResponses, traceparent } as const;
    await this.parts.requests.answerOnce(tx, row, work);
  }
}
