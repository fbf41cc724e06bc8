import type { InstanceReport, NodeRequest } from '#libs/contracts';
import { type Retention, together, type Transaction } from '#libs/postgres';
import { askedOf } from '../domain/asked.js';
import type { Place } from '../domain/place.js';
import { lockNodeOfLapsing } from './locks.js';

/** Reservations that hold nothing any more. A late report changes nothing, whether the row was released or deleted. */
export const endedReservations = (keepMs: number): Retention => ({
  table: 'reservations',
  column: 'updated_at',
  condition: `state IN ('released', 'lapsed')`,
  keepMs,
});

/** Last ports of nodes that were removed, or on which nothing was placed for long: their ports have rested for long enough. */
export const oldPorts = (keepMs: number): Retention => ({
  table: 'ports_in_turn',
  column: 'handed_out_at',
  keepMs: Math.max(keepMs, PORTS_REST_MS),
});
const PORTS_REST_MS = 86_400_000;

/** What is promised until then counts, and what is bound. */
export const IS_LIVE = `(state = 'bound' OR (state = 'promised' AND expires_at >= now()))`;

/**
 * What nobody bound in time is free again: lapsed, not released, for the report that binds it may only be late. A row
 * that another transaction has locked is being released.
 */
export async function releaseExpired(tx: Transaction, nodes: readonly string[]): Promise<void> {
  await tx.query(
    `UPDATE reservations SET state = 'lapsed', updated_at = now()
     WHERE access_token IN (
       SELECT access_token FROM reservations
       WHERE node = ANY ($1) AND state = 'promised' AND expires_at < now() FOR UPDATE SKIP LOCKED)`,
    [nodes],
  );
}

/** The places that access tokens have, by token. A token without a place is left out. */
export async function liveReservations(
  tx: Transaction,
  accessTokens: readonly string[],
): Promise<ReadonlyMap<string, Place>> {
  const { rows } = await tx.query<{ token: string; node: string; port: number | null; score: number }>(
    `SELECT access_token AS token, node, port, score FROM reservations
     WHERE access_token = ANY ($1) AND ${IS_LIVE}`,
    [accessTokens],
  );
  return new Map(
    rows.map(({ token, node, port, score }) => [token, { node, port: port ?? undefined, score }]),
  );
}

/** A request with the place that becomes its own. */
export interface Reserved {
  readonly request: NodeRequest;
  readonly place: Place;
}

/** Notes the last port of each node, so that the next request gets the one after it. */
export async function portsHandedOut(tx: Transaction, reserved: readonly Reserved[]): Promise<void> {
  const last = new Map(
    reserved.flatMap(({ place: { node, port } }) => (port === undefined ? [] : [[node, port] as const])),
  );
  if (last.size === 0) return;
  await tx.query(
    `INSERT INTO ports_in_turn (node, last_port) SELECT * FROM unnest($1::text[], $2::integer[])
     ON CONFLICT (node) DO UPDATE SET last_port = EXCLUDED.last_port, handed_out_at = now()`,
    [[...last.keys()], [...last.values()]],
  );
}

/** Each under an access token of its own. */
export async function reserve(tx: Transaction, reserved: readonly Reserved[]): Promise<void> {
  const column = (of: (one: Reserved) => unknown): readonly unknown[] => reserved.map(of);
  await tx.query(
    `INSERT INTO reservations
       (access_token, app_id, service, node, port, score, cpu, memory_mib, expires_at, image, asked, state)
     SELECT *, 'promised' FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::float8[],
                                      $7::float8[], $8::integer[], $9::timestamptz[], $10::text[], $11::jsonb[])
     ON CONFLICT (access_token) DO UPDATE SET node = EXCLUDED.node, port = EXCLUDED.port, score = EXCLUDED.score,
       cpu = EXCLUDED.cpu, memory_mib = EXCLUDED.memory_mib, state = 'promised', expires_at = EXCLUDED.expires_at,
       updated_at = now(), failed_at = NULL, image = EXCLUDED.image, asked = EXCLUDED.asked`,
    [
      column(({ request }) => request.accessToken),
      column(({ request }) => request.appId),
      column(({ request }) => request.service),
      column(({ place }) => place.node),
      column(({ place }) => place.port),
      column(({ place }) => place.score),
      column(({ request }) => request.resources.cpu),
      column(({ request }) => request.resources.memoryMiB),
      column(({ request }) => request.expiresAt),
      column(({ request }) => request.image),
      column(({ request }) => askedOf(request)),
    ],
  );
}

/**
 * An instance that runs holds its reservation, also one that lapsed before its report came, unless its port has become
 * another's; one that ended frees it, for good. Does nothing for a token that is not known.
 */
export async function follow(tx: Transaction, { accessToken, node, state }: InstanceReport): Promise<void> {
  const next = state === 'running' || state === 'draining' ? 'bound' : 'released';
  await together(
    lockNodeOfLapsing(tx, accessToken, node),
    tx.query(
      `UPDATE reservations r SET state = $3, updated_at = now(),
            failed_at = CASE WHEN $4 THEN coalesce(failed_at, now()) ELSE failed_at END
     WHERE access_token = $1 AND node = $2 AND state <> 'released'
       AND NOT EXISTS (SELECT FROM reservations other
                       WHERE $3 = 'bound' AND other.access_token <> $1 AND other.state IN ('promised', 'bound')
                         AND other.node = r.node AND other.port = r.port)`,
      [accessToken, node, next, state === 'failed'],
    ),
  );
}
