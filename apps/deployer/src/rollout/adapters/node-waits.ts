import { deploymentProgressed, type NodeWaiting, type WaitingInstance } from '#libs/contracts';
import type { Outbox, Pool, Transaction } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import type { Clock } from '../../task/ports.js';
import { waitNote } from '../domain/wait-for-room.js';
import type { NodeWaits } from '../ports.js';

/** One answer lists at most so many; a load balancer lets 1,000 requests wait by default. */
const MOST_LISTED = 1_000;

interface NodeWaitsParts {
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly replica: string;
}

/** Node requests that wait for room, as the load balancer says. */
export class PostgresNodeWaits implements NodeWaits {
  constructor(private readonly parts: NodeWaitsParts) {}

  async take(tx: Transaction, waiting: NodeWaiting): Promise<void> {
    const { outbox, clock, replica } = this.parts;
    const { appId, service, request, since, until, missing } = waiting;
    const { accessToken, priority } = request;
    const { rows } = await tx.query<{ token: string }>(
      `UPDATE node_requests n SET waiting = $2 FROM tasks t
       WHERE n.access_token = $1 AND n.answer IS NULL AND n.waiting IS NULL AND t.id = n.task_id
       RETURNING t.token`,
      [accessToken, waiting],
    );
    const [row] = rows;
    if (row === undefined) return;
    const data = { accessToken, priority, since, until, missing, notes: [waitNote(waiting)] };
    const at = clock.now().toISOString();
    const step = { token: row.token, appId, service, event: 'RoomAwaited', version: 0, at, replica, data };
    await outbox.add(tx, [outgoing(deploymentProgressed, step)]);
  }

  async list(filter: { readonly appId?: string; readonly service?: string }): Promise<WaitingInstance[]> {
    const { rows } = await this.parts.pool.query<{ token: string; waiting: NodeWaiting }>(
      `SELECT t.token, n.waiting FROM node_requests n JOIN tasks t ON t.id = n.task_id
       WHERE n.waiting IS NOT NULL AND n.answer IS NULL AND t.result IS NULL
         AND (n.waiting ->> 'until')::timestamptz > now()
         AND ($1::text IS NULL OR n.waiting ->> 'appId' = $1)
         AND ($2::text IS NULL OR n.waiting ->> 'service' = $2)
       ORDER BY (n.waiting #>> '{request,priority}')::integer DESC, n.waiting ->> 'since', n.access_token
       LIMIT ${MOST_LISTED}`,
      [filter.appId ?? null, filter.service ?? null],
    );
    return rows.map(({ token, waiting: { request, ...waiting } }) => ({ token, ...request, ...waiting }));
  }
}
