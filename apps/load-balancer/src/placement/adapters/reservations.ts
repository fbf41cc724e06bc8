import type { InstanceReport, NodeRelease, NodeRequest } from '#libs/contracts';
import type { Retention, Transaction } from '#libs/postgres';
import type { PortsOfNode, ReservedOnNode } from '../domain/candidates.js';
import type { Place } from '../domain/place.js';

/** Reservations that hold nothing any more: a late report of one that is deleted is of no use, as of one released. */
export const endedReservations = (keepMs: number): Retention => ({
  table: 'reservations',
  column: 'updated_at',
  condition: `state IN ('released', 'lapsed')`,
  keepMs,
});

/** One placement at a time, whichever replica: what fits is counted and taken in one step. */
export async function lockPlacing(tx: Transaction): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('slipway.load-balancer.place', 0))`);
}

/** What nobody bound in time is free again: lapsed, not released, for the report that binds it may only be late. */
export async function releaseExpired(tx: Transaction): Promise<void> {
  await tx.query(
    `UPDATE reservations SET state = 'lapsed', updated_at = now() WHERE state = 'promised' AND expires_at < now()`,
  );
}

/** The place that an access token has; undefined when it has none, or none any more. */
export async function liveReservation(tx: Transaction, accessToken: string): Promise<Place | undefined> {
  const { rows } = await tx.query<Place & { port: number | null }>(
    `SELECT node, port, score FROM reservations WHERE access_token = $1 AND state IN ('promised', 'bound')`,
    [accessToken],
  );
  const [kept] = rows;
  return kept && { ...kept, port: kept.port ?? undefined };
}

/** What is promised or bound on each node; none of a node that holds nothing. */
export async function reservedOnNodes(
  tx: Transaction,
  appId: string,
  service: string,
): Promise<readonly ReservedOnNode[]> {
  const { rows } = await tx.query<ReservedOnNode>(
    `SELECT node, sum(cpu) AS cpu, sum(memory_mib)::integer AS "memoryMiB", 
            coalesce(array_agg(port) FILTER (WHERE port IS NOT NULL), '{}') AS "takenPorts",
            count(*) FILTER (WHERE app_id = $1 AND service = $2)::integer AS "sameService"
     FROM reservations WHERE state IN ('promised', 'bound') GROUP BY node`,
    [appId, service],
  );
  return rows;
}

/** Long enough that a stranger's port is not tried again and again; short enough that one who has left is forgotten. */
const FOUND_TAKEN = `interval '10 minutes'`;

/** Of each node on which a port was handed out: the last one, and those that were found taken. */
export async function portsOfNodes(tx: Transaction): Promise<readonly PortsOfNode[]> {
  const { rows } = await tx.query<PortsOfNode>(
    `SELECT node, last_port AS "portBefore",
            coalesce((SELECT array_agg(DISTINCT port) FROM reservations r
                      WHERE r.node = t.node AND port_taken_at > now() - ${FOUND_TAKEN}), '{}') AS "foundTaken"
     FROM ports_in_turn t`,
  );
  return rows;
}

/** It is the turn of the next one. */
export async function portHandedOut(tx: Transaction, { node, port }: Place): Promise<void> {
  if (port === undefined) return;
  await tx.query(
    `INSERT INTO ports_in_turn (node, last_port) VALUES ($1, $2)
     ON CONFLICT (node) DO UPDATE SET last_port = EXCLUDED.last_port`,
    [node, port],
  );
}

export async function reserve(tx: Transaction, request: NodeRequest, place: Place): Promise<void> {
  const { accessToken, appId, service, resources, expiresAt } = request;
  await tx.query(
    `INSERT INTO reservations (access_token, app_id, service, node, port, score, cpu, memory_mib, state, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'promised', $9)
     ON CONFLICT (access_token) DO UPDATE SET node = EXCLUDED.node, port = EXCLUDED.port, score = EXCLUDED.score,
       cpu = EXCLUDED.cpu, memory_mib = EXCLUDED.memory_mib, state = 'promised', expires_at = EXCLUDED.expires_at,
       updated_at = now()`,
    [
      ...[accessToken, appId, service, place.node, place.port, place.score],
      ...[resources.cpu, resources.memoryMiB, expiresAt],
    ],
  );
}

/** Free at once, for good; but for its port, where that was found taken. */
export async function release(tx: Transaction, { accessToken, portTaken }: NodeRelease): Promise<void> {
  await tx.query(
    `UPDATE reservations SET state = 'released', updated_at = now(),
            port_taken_at = CASE WHEN $2 THEN now() ELSE port_taken_at END
     WHERE access_token = $1`,
    [accessToken, portTaken === true],
  );
}

/**
 * An instance that runs holds its reservation, also one that lapsed before its report came, unless its port has become
 * another's; one that ended frees it, for good. Of no use for a token that is not known.
 */
export async function follow(tx: Transaction, { accessToken, node, state }: InstanceReport): Promise<void> {
  const next = state === 'running' || state === 'draining' ? 'bound' : 'released';
  await tx.query(
    `UPDATE reservations r SET state = $3, updated_at = now()
     WHERE access_token = $1 AND node = $2 AND state <> 'released'
       AND NOT EXISTS (SELECT FROM reservations other
                       WHERE $3 = 'bound' AND other.access_token <> $1 AND other.state IN ('promised', 'bound')
                         AND other.node = r.node AND other.port = r.port)`,
    [accessToken, node, next],
  );
}
