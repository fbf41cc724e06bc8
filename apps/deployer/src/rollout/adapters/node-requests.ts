import { nodeReleased, nodeRequested, type NodeAnswer } from '#libs/contracts';
import { type OutboxMessage, type Pool, together, type Transaction } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import type { NodeRequests, Step, StepWriter } from '../../task/ports.js';
import * as rows from './node-rows.js';

/** Node requests in Postgres, and what steps of tasks ask of the load balancer. */
export class PostgresNodeRequests implements NodeRequests, StepWriter {
  constructor(private readonly pool: Pool) {}

  answers(accessTokens: readonly string[]): Promise<readonly NodeAnswer[]> {
    return rows.nodeAnswers(this.pool, accessTokens);
  }

  someAnswered(tx: Transaction, accessTokens: readonly string[]): Promise<boolean> {
    return rows.someNodeAnswered(tx, accessTokens);
  }

  messages({ state, writes: { nodeRequests = [], nodeReleases = [] } }: Step): readonly OutboxMessage[] {
    return [
      ...nodeRequests.map((request) => outgoing(nodeRequested, request)),
      ...nodeReleases.map((accessToken) => outgoing(nodeReleased, { accessToken, appId: state.appId })),
    ];
  }

  async write(
    tx: Transaction,
    { claim, writes: { nodeRequests = [], nodeLogins = [] } }: Step,
  ): Promise<void> {
    await together(
      ...nodeRequests.map(({ accessToken }) => rows.insertNodeRequest(tx, accessToken, claim.taskId)),
      ...nodeLogins.map((node) => rows.upsertNodeLogin(tx, node)),
    );
  }
}
