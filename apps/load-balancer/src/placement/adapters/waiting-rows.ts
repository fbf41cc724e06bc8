import type { NodeRequest } from '#libs/contracts';
import { jsonTime, together, type Transaction } from '#libs/postgres';
import type { Hold, WaitingRequest } from '../domain/waiting-line.js';
import type { Line, ServedLine, Standing } from '../ports.js';
import { tokenKey } from './reservations.js';

const LINE = `hashtextextended('slipway.load-balancer.waiting', 0)`;

const COLUMNS = `request, priority, ${jsonTime('since')} AS since, ${jsonTime('wait_until')} AS until,
  (extract(epoch FROM now() - since) * 1000)::float8 AS "waitedMs", wait_until <= now() AS "isDue", announced, holds`;

type Row = Omit<WaitingRequest, 'holds'> & { readonly holds: string | null };

const waitingOf = ({ holds, ...row }: Row): WaitingRequest => ({
  ...row,
  ...(holds !== null && { holds }),
});

/** How a request stands to those that wait, and what is kept. */
export async function readStanding(
  tx: Transaction,
  { accessToken, priority = 0 }: NodeRequest,
): Promise<{ readonly standing: Standing; readonly hold: Hold | undefined }> {
  const { rows } = await tx.query<{
    waits: boolean | null;
    behind: boolean | null;
    node: string | null;
    holder: string | null;
    priority: number | null;
  }>(
    `SELECT bool_or(access_token = $1) AS waits, bool_or(priority >= $2) AS behind, max(holds) AS node,
            max(access_token) FILTER (WHERE holds IS NOT NULL) AS holder,
            max(priority) FILTER (WHERE holds IS NOT NULL) AS priority
     FROM waiting_requests`,
    [accessToken, priority],
  );
  const { waits, behind, node, holder, priority: of } = rows[0] ?? {};
  const hold = node && holder ? { node, accessToken: holder, priority: of ?? 0 } : undefined;
  return { standing: waits === true ? 'waits' : behind === true ? 'behind' : 'free', hold };
}

/** It does not wait any more. Of no use for one that does not. */
export async function leaveLine(tx: Transaction, accessToken: string): Promise<void> {
  await tx.query('DELETE FROM waiting_requests WHERE access_token = $1', [accessToken]);
}

/** What there is to do about the line. */
export interface LineState {
  /** How many requests are in it. */
  readonly length: number;
  /** Some were not tried since they came. */
  readonly isUntried: boolean;
  /** The time of some is over. */
  readonly isOver: boolean;
  /** Rises when room is freed by reservations. */
  readonly freed: number;
}

export async function lineState(tx: Transaction): Promise<LineState> {
  const { rows } = await tx.query<LineState>(
    `SELECT count(*)::integer AS length,
            coalesce(bool_or(NOT tried), false) AS "isUntried",
            coalesce(bool_or(wait_until <= now()), false) AS "isOver",
            coalesce((SELECT max(id) FROM node_changes WHERE NOT takes), 0)::float8 AS freed
     FROM waiting_requests`,
  );
  const [state] = rows;
  if (state === undefined) throw new Error('a count gives a row');
  return state;
}

/** The line in Postgres. Who joins or serves it holds its lock, so that it is served in its order and never gets too long. */
export class PostgresLine implements Line, ServedLine {
  constructor(
    private readonly tx: Transaction,
    private readonly mostWaiting: number,
  ) {}

  async join(request: NodeRequest, announced: boolean): Promise<WaitingRequest | undefined> {
    const { tx, mostWaiting } = this;
    if (request.waitUntil === undefined || mostWaiting === 0) return undefined;
    const [, { rows }] = await together(
      tx.query(`SELECT pg_advisory_xact_lock(${LINE})`),
      tx.query<Row>(
        `INSERT INTO waiting_requests (access_token, request, priority, wait_until, announced)
         SELECT $1::text, $2::jsonb, $3::integer, $4::timestamptz, $5::boolean
         WHERE $4 > now() AND (SELECT count(*) FROM waiting_requests) < $6
         ON CONFLICT (access_token) DO UPDATE SET announced = waiting_requests.announced OR EXCLUDED.announced
         RETURNING ${COLUMNS}`,
        [request.accessToken, request, request.priority ?? 0, request.waitUntil, announced, mostWaiting],
      ),
    );
    return rows[0] && waitingOf(rows[0]);
  }

  async inOrder(): Promise<readonly WaitingRequest[] | undefined> {
    const { tx } = this;
    const [locked, { rows }] = await together(
      tx.query<{ locked: boolean }>(`SELECT pg_try_advisory_xact_lock(${LINE}) AS locked`),
      tx.query<Row>(`SELECT ${COLUMNS} FROM waiting_requests ORDER BY priority DESC, since, access_token`),
    );
    return locked.rows[0]?.locked === true ? rows.map(waitingOf) : undefined;
  }

  /** Waits for nobody: who answers the same token now may wait for the line. */
  async take(accessToken: string): Promise<boolean> {
    const { tx } = this;
    const [locked, { rowCount }] = await together(
      tx.query<{ locked: boolean }>(`SELECT pg_try_advisory_xact_lock(${tokenKey('$1::text')}) AS locked`, [
        accessToken,
      ]),
      tx.query('SELECT FROM waiting_requests WHERE access_token = $1 FOR UPDATE SKIP LOCKED', [accessToken]),
    );
    return locked.rows[0]?.locked === true && rowCount === 1;
  }

  leave(accessToken: string): Promise<void> {
    return leaveLine(this.tx, accessToken);
  }

  async wasTried({ announced, hold }: { announced: readonly string[]; hold?: Hold }): Promise<void> {
    const { tx } = this;
    // The old hold goes first: there is one at most.
    await together(
      tx.query(
        `UPDATE waiting_requests SET holds = NULL
         WHERE holds IS NOT NULL AND (access_token, holds) IS DISTINCT FROM ($1::text, $2::text)`,
        [hold?.accessToken ?? null, hold?.node ?? null],
      ),
      tx.query(
        `UPDATE waiting_requests SET holds = $2 WHERE access_token = $1 AND holds IS DISTINCT FROM $2`,
        [hold?.accessToken ?? null, hold?.node ?? null],
      ),
      tx.query(
        `UPDATE waiting_requests SET tried = true, announced = announced OR access_token = ANY ($1)
         WHERE NOT tried OR (NOT announced AND access_token = ANY ($1))`,
        [announced],
      ),
    );
  }
}
