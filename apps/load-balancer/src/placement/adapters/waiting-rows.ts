import type { NodeRequest } from '#libs/contracts';
import { jsonTime, together, type Transaction } from '#libs/postgres';
import type { Hold, WaitingRequest } from '../domain/waiting-line.js';
import type { ServedLine, Standing } from '../ports.js';
import { tryToLockLine, tryToLockToken } from './locks.js';

const COLUMNS = `request, priority, ${jsonTime('since')} AS since, ${jsonTime('wait_until')} AS until,
  (extract(epoch FROM now() - since) * 1000)::float8 AS "waitedMs", wait_until <= now() AS "isDue", announced, tried,
  holds, evicting`;

type Row = Omit<WaitingRequest, 'holds'> & { readonly holds: string | null };

const waitingOf = ({ holds, ...row }: Row): WaitingRequest => ({
  ...row,
  ...(holds !== null && { holds }),
});

/** How a request stands to those that wait, and what is kept. */
export interface StandingAndHold {
  readonly standing: Standing;
  readonly hold: Hold | undefined;
}

/** @returns in the order of the requests */
export async function readStandings(
  tx: Transaction,
  requests: readonly NodeRequest[],
): Promise<readonly StandingAndHold[]> {
  const { rows } = await tx.query<{ standing: Standing } & ({ node: null } | Hold)>(
    `SELECT CASE WHEN EXISTS (SELECT FROM waiting_requests w WHERE w.access_token = asked.token) THEN 'waits'
                 WHEN EXISTS (SELECT FROM waiting_requests w WHERE w.priority >= asked.priority) THEN 'behind'
                 ELSE 'free' END AS standing,
            hold.holds AS node, hold.access_token AS "accessToken", hold.priority, hold.evicting
     FROM unnest($1::text[], $2::integer[]) WITH ORDINALITY AS asked (token, priority, at)
     LEFT JOIN (SELECT * FROM waiting_requests WHERE holds IS NOT NULL) AS hold ON true
     ORDER BY at`,
    [requests.map(({ accessToken }) => accessToken), requests.map(({ priority = 0 }) => priority)],
  );
  return rows.map(({ standing, ...hold }) => ({ standing, hold: hold.node === null ? undefined : hold }));
}

/** The node that is kept, for whom. */
export async function currentHold(tx: Transaction): Promise<Hold | undefined> {
  const { rows } = await tx.query<Hold>(
    `SELECT holds AS node, access_token AS "accessToken", priority, evicting FROM waiting_requests
     WHERE holds IS NOT NULL`,
  );
  return rows[0];
}

/** The node on which others are being stopped, for whom. */
export async function evictingHold(tx: Transaction): Promise<Hold | undefined> {
  const hold = await currentHold(tx);
  return hold?.evicting === true ? hold : undefined;
}

/** They do not wait any more. Does nothing for those that do not wait. */
export async function leaveLine(tx: Transaction, accessTokens: readonly string[]): Promise<void> {
  await tx.query('DELETE FROM waiting_requests WHERE access_token = ANY ($1)', [accessTokens]);
}

/** A request that joins the line; `announced`: the deployer is told in the same transaction. */
export interface Joining {
  readonly request: NodeRequest;
  readonly announced: boolean;
}

/**
 * Puts requests into the line, in their order behind those of their priority. Only for who has locked the line.
 * @returns by access token; none of those that may not wait: their time is over, or the line is full
 */
export async function joinLine(
  tx: Transaction,
  joining: readonly Joining[],
  mostWaiting: number,
): Promise<ReadonlyMap<string, WaitingRequest>> {
  const { rows } = await tx.query<Row>(
    `INSERT INTO waiting_requests (access_token, request, priority, wait_until, announced, since)
     SELECT token, request, priority, wait_until, announced, now() + place * interval '1 us'
     FROM (SELECT *, row_number() OVER (ORDER BY at) AS place
           FROM unnest($1::text[], $2::jsonb[], $3::integer[], $4::timestamptz[], $5::boolean[]) WITH ORDINALITY
                AS asked (token, request, priority, wait_until, announced, at)
           WHERE wait_until > now()) AS may_wait
     WHERE place <= $6 - (SELECT count(*) FROM waiting_requests)
     ON CONFLICT (access_token) DO UPDATE SET announced = waiting_requests.announced OR EXCLUDED.announced
     RETURNING ${COLUMNS}`,
    [
      joining.map(({ request }) => request.accessToken),
      joining.map(({ request }) => request),
      joining.map(({ request }) => request.priority ?? 0),
      joining.map(({ request }) => request.waitUntil),
      joining.map(({ announced }) => announced),
      mostWaiting,
    ],
  );
  return new Map(rows.map((row) => [row.request.accessToken, waitingOf(row)]));
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

/**
 * The line in Postgres, for who serves it. Who joins or serves it holds its lock, so that it is served in its order and
 * never gets too long.
 */
export class PostgresLine implements ServedLine {
  constructor(private readonly tx: Transaction) {}

  async inOrder(): Promise<readonly WaitingRequest[] | undefined> {
    const { tx } = this;
    const [locked, { rows }] = await together(
      tryToLockLine(tx),
      // `since` alone would be the column of the result: text of whole milliseconds.
      tx.query<Row>(
        `SELECT ${COLUMNS} FROM waiting_requests ORDER BY priority DESC, waiting_requests.since, access_token`,
      ),
    );
    return locked ? rows.map(waitingOf) : undefined;
  }

  /** Waits for nobody: who answers the same token now may wait for the line. */
  async take(accessToken: string): Promise<boolean> {
    const { tx } = this;
    const [locked, { rowCount }] = await together(
      tryToLockToken(tx, accessToken),
      tx.query('SELECT FROM waiting_requests WHERE access_token = $1 FOR UPDATE SKIP LOCKED', [accessToken]),
    );
    return locked && rowCount === 1;
  }

  async leave({ request: { accessToken }, evicting }: WaitingRequest): Promise<void> {
    const { tx } = this;
    await leaveLine(tx, [accessToken]);
    if (evicting === true)
      await tx.query(`UPDATE waiting_requests SET tried = false WHERE request @> '{"preempt": true}'`);
  }

  async wasTried({ announced, untried, hold }: Parameters<ServedLine['wasTried']>[0]): Promise<void> {
    const { tx } = this;
    // The old hold goes first: there is one at most.
    await together(
      tx.query(
        `UPDATE waiting_requests SET holds = NULL, evicting = false
         WHERE holds IS NOT NULL AND (access_token, holds) IS DISTINCT FROM ($1::text, $2::text)`,
        [hold?.accessToken ?? null, hold?.node ?? null],
      ),
      tx.query(
        `UPDATE waiting_requests SET holds = $2, evicting = $3
         WHERE access_token = $1 AND (holds, evicting) IS DISTINCT FROM ($2, $3)`,
        [hold?.accessToken ?? null, hold?.node ?? null, hold?.evicting ?? false],
      ),
      tx.query(
        `UPDATE waiting_requests
         SET tried = access_token <> ALL ($2), announced = announced OR access_token = ANY ($1)
         WHERE tried <> (access_token <> ALL ($2)) OR (NOT announced AND access_token = ANY ($1))`,
        [announced, untried],
      ),
    );
  }
}
