import { nodeReleased, nodeRequested, type NodeAnswer } from '#libs/contracts';
import { type OutboxMessage, type Pool, together, type Transaction } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import { sidesOf } from '../../task/domain/step-writes.js';
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

  isAwaited(accessToken: string): Promise<boolean> {
    return rows.isNodeAwaited(this.pool, accessToken);
  }

  messages({ state: { appId }, writes }: Step): readonly OutboxMessage[] {
    return [
      // First: what is asked for may be what is given back.
      ...sidesOf(writes, 'release-node').map(({ accessToken, portTaken, failed }) =>
        outgoing(nodeReleased, { accessToken, appId, portTaken, failed }),
      ),
      ...sidesOf(writes, 'request-node').map(({ request }) => outgoing(nodeRequested, request)),
    ];
  }

  async write(tx: Transaction, { claim: { taskId }, writes }: Step): Promise<void> {
    await together(
      ...sidesOf(writes, 'request-node').map(({ request }) =>
        rows.insertNodeRequest(tx, request.accessToken, taskId),
      ),
      ...sidesOf(writes, 'keep-login').map(({ node }) => rows.upsertNodeLogin(tx, node)),
    );
  }
}
