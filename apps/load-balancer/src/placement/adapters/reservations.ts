import type { InstanceReport, NodeRelease, NodeRequest } from '#libs/contracts';
import { type Retention, together, type Transaction } from '#libs/postgres';
import { askedOf } from '../domain/asked.js';
import type { PortsOfNode, ReservedOnNode } from '../domain/candidates.js';
import { FAILURE_WINDOW_MS, type Place } from '../domain/place.js';

/** Reservations that hold nothing any more: a late report of one that is deleted is of no use, as of one released. */
export const endedReservations = (keepMs: number): Retention => ({
  table: 'reservations',
  column: 'updated_at',
  condition: `state IN ('released', 'lapsed')`,
  keepMs,
});

/** Notes that replicas have long read. */
export const oldNodeChanges = (keepMs: number): Retention => ({
  table: 'node_changes',
  column: 'changed_at',
  keepMs: Math.min(keepMs, NODE_CHANGES_MS),
});
const NODE_CHANGES_MS = 3_600_000;

/** SQL: the key of the lock of an access token. */
export const tokenKey = (parameter: string): string =>
  `hashtextextended('slipway.placed.' || ${parameter}, 0)`;

/** One answer at a time to an access token, whichever replica. */
export async function lockToken(tx: Transaction, accessToken: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(${tokenKey('$1::text')})`, [accessToken]);
}

/** What is promised until then counts, and what is bound. */
export const IS_LIVE = `(state = 'bound' OR (state = 'promised' AND expires_at >= now()))`;

/** What nobody bound in time is free again: lapsed, not released, for the report that binds it may only be late. */
export async function releaseExpired(tx: Transaction, node: string): Promise<void> {
  await tx.query(
    `UPDATE reservations SET state = 'lapsed', updated_at = now()
     WHERE node = $1 AND state = 'promised' AND expires_at < now()`,
    [node],
  );
}

/** The place that an access token has; undefined when it has none, or none any more. */
export async function liveReservation(tx: Transaction, accessToken: string): Promise<Place | undefined> {
  const { rows } = await tx.query<Place & { port: number | null }>(
    `SELECT node, port, score FROM reservations WHERE access_token = $1 AND ${IS_LIVE}`,
    [accessToken],
  );
  const [kept] = rows;
  return kept && { ...kept, port: kept.port ?? undefined };
}

/** Which nodes are asked about: all; those that changed after a note; or those named. */
export type NodesAsked = 'all' | { readonly since: number } | { readonly names: readonly string[] };

function condition(asked: NodesAsked): { readonly sql: string; readonly values: readonly unknown[] } {
  if (asked === 'all') return { sql: 'true', values: [] };
  return 'since' in asked
    ? { sql: 'node IN (SELECT node FROM node_changes WHERE id > $1)', values: [asked.since] }
    : { sql: 'node = ANY ($1)', values: [asked.names] };
}

/** The use of an instance shows in the percentiles of an hour after so long. */
const UNMEASURED = `interval '1 hour'`;

/** What is promised or bound on each node, by service; none of a node that holds nothing. */
export async function reservedOnNodes(
  tx: Transaction,
  asked: NodesAsked,
): Promise<readonly ReservedOnNode[]> {
  const { sql, values } = condition(asked);
  const { rows } = await tx.query<ReservedOnNode>(
    `SELECT node, app_id AS "appId", service, count(*)::integer AS instances,
            sum(cpu) AS cpu, sum(memory_mib)::integer AS "memoryMiB",
            coalesce(sum(cpu) FILTER (WHERE updated_at > now() - ${UNMEASURED}), 0) AS "youngCpu",
            coalesce(array_agg(port) FILTER (WHERE port IS NOT NULL), '{}') AS "takenPorts"
     FROM reservations WHERE state IN ('promised', 'bound') AND ${IS_LIVE} AND ${sql}
     GROUP BY node, app_id, service`,
    [...values],
  );
  return rows;
}

/** The latest note of each node that took room: its version. */
export interface NodeVersion {
  readonly node: string;
  readonly version: number;
}

/** Read before what is reserved: then figures may be newer than their version, which is found out, and never older. */
export async function nodeVersions(tx: Transaction, asked: NodesAsked): Promise<readonly NodeVersion[]> {
  const { sql, values } = condition(asked);
  const { rows } = await tx.query<NodeVersion>(
    `SELECT node, max(id)::float8 AS version FROM node_changes WHERE takes AND ${sql} GROUP BY node`,
    [...values],
  );
  return rows;
}

/** The nodes that changed after a note, and the latest note. */
export async function changedNodes(
  tx: Transaction,
  since: number,
): Promise<{ readonly names: readonly string[]; readonly latest: number }> {
  const { rows } = await tx.query<{ node: string; latest: number }>(
    'SELECT node, max(id)::float8 AS latest FROM node_changes WHERE id > $1 GROUP BY node',
    [since],
  );
  return {
    names: rows.map(({ node }) => node),
    latest: rows.reduce((most, { latest }) => Math.max(most, latest), since),
  };
}

export async function latestChange(tx: Transaction): Promise<number> {
  const { rows } = await tx.query<{ latest: number }>(
    'SELECT coalesce(max(id), 0)::float8 AS latest FROM node_changes',
  );
  return rows[0]?.latest ?? 0;
}

const keyOf = (parameter: string): string => `hashtextextended('slipway.node.' || ${parameter}, 0)`;

/**
 * Locks the first of the nodes on which nobody else is taking room, until the transaction ends or goes back to before
 * it. It waits for replicas of the version before, which lock all nodes at once.
 * @returns its place in the list; undefined where others are at work on all of them
 */
export async function lockOneOf(tx: Transaction, nodes: readonly string[]): Promise<number | undefined> {
  const tries = nodes.map(
    (_, at) => `WHEN pg_try_advisory_xact_lock(${keyOf(`$${at + 1}::text`)}) THEN ${at}`,
  );
  // Both are said at once: what the caller says next is to be read under the lock.
  const [, { rows }] = await together(
    tx.query(`SELECT pg_advisory_xact_lock_shared(hashtextextended('slipway.load-balancer.place', 0))`),
    tx.query<{ locked: number | null }>(`SELECT CASE ${tries.join(' ')} END AS locked`, [...nodes]),
  );
  return rows[0]?.locked ?? undefined;
}

/** Waits until nobody else is taking room on the node. */
export async function lockNode(tx: Transaction, node: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(${keyOf('$1::text')})`, [node]);
}

/** Long enough that a stranger's port is not tried again and again; short enough that one who has left is forgotten. */
const FOUND_TAKEN = `interval '10 minutes'`;

/** Agents look once a minute at which ports something listens, and tell it within seconds. */
const ENDED_LATELY = `interval '2 minutes'`;

/** Of each node on which a port was handed out: the last one, those that were found taken, and those given back lately. */
export async function portsOfNodes(tx: Transaction, asked: NodesAsked): Promise<readonly PortsOfNode[]> {
  const { sql, values } = condition(asked);
  const { rows } = await tx.query<PortsOfNode>(
    `SELECT node, last_port AS "portBefore",
            coalesce((SELECT array_agg(DISTINCT port) FROM reservations r
                      WHERE r.node = t.node AND port_taken_at > now() - ${FOUND_TAKEN}), '{}') AS "foundTaken",
            coalesce(ended.ports, '{}') AS "endedPorts"
     FROM ports_in_turn t
     LEFT JOIN (SELECT node, array_agg(DISTINCT port) AS ports FROM reservations
                WHERE state IN ('released', 'lapsed') AND port IS NOT NULL
                  AND updated_at > now() - ${ENDED_LATELY} AND ${sql} GROUP BY node) ended USING (node)
     WHERE ${sql}`,
    [...values],
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
  const { accessToken, appId, service, resources, expiresAt, image } = request;
  await tx.query(
    `INSERT INTO reservations
       (access_token, app_id, service, node, port, score, cpu, memory_mib, state, expires_at, image, asked)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'promised', $9, $10, $11)
     ON CONFLICT (access_token) DO UPDATE SET node = EXCLUDED.node, port = EXCLUDED.port, score = EXCLUDED.score,
       cpu = EXCLUDED.cpu, memory_mib = EXCLUDED.memory_mib, state = 'promised', expires_at = EXCLUDED.expires_at,
       updated_at = now(), failed_at = NULL, image = EXCLUDED.image, asked = EXCLUDED.asked`,
    [
      ...[accessToken, appId, service, place.node, place.port, place.score],
      ...[resources.cpu, resources.memoryMiB, expiresAt, image, askedOf(request)],
    ],
  );
}

/** Free at once, for good; but for its port, where that was found taken. */
export async function release(
  tx: Transaction,
  { accessToken, portTaken = false, failed = false }: NodeRelease,
): Promise<void> {
  await tx.query(
    `UPDATE reservations SET state = 'released', updated_at = now(),
            port_taken_at = CASE WHEN $2 THEN now() ELSE port_taken_at END,
            failed_at = CASE WHEN $3 THEN coalesce(failed_at, now()) ELSE failed_at END
     WHERE access_token = $1`,
    [accessToken, portTaken, failed],
  );
}

/** Images of instances that ended stay on their nodes for a while; longer than this is not counted on. */
const IMAGE_STAYS = `interval '1 hour'`;

/** The nodes that ran the image of the request lately, or run it: of each the share of it that lies there, all. */
export async function imageShares(
  tx: Transaction,
  { appId, service, image }: Pick<NodeRequest, 'appId' | 'service' | 'image'>,
): Promise<ReadonlyMap<string, number>> {
  if (image === undefined) return new Map();
  const { rows } = await tx.query<{ node: string }>(
    `SELECT DISTINCT node FROM reservations
     WHERE app_id = $1 AND service = $2 AND image = $3 AND failed_at IS NULL
       AND (state = 'bound' OR (state = 'released' AND updated_at > now() - ${IMAGE_STAYS}))`,
    [appId, service, image],
  );
  return new Map(rows.map(({ node }) => [node, 1]));
}

/** How often an instance of the service has failed lately, by node. */
export async function recentFailures(
  tx: Transaction,
  { appId, service }: Pick<NodeRequest, 'appId' | 'service'>,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ node: string; count: number }>(
    `SELECT node, count(*)::integer AS count FROM reservations
     WHERE app_id = $1 AND service = $2 AND failed_at > now() - $3 * interval '1 ms' GROUP BY node`,
    [appId, service, FAILURE_WINDOW_MS],
  );
  return new Map(rows.map(({ node, count }) => [node, count]));
}

/** Longer than a transaction takes: a promise that lapses while its report is handled is free for others at that moment. */
const ABOUT_TO_LAPSE = `interval '1 minute'`;

/**
 * An instance that runs holds its reservation, also one that lapsed before its report came, unless its port has become
 * another's; one that ended frees it, for good. Of no use for a token that is not known.
 */
export async function follow(tx: Transaction, { accessToken, node, state }: InstanceReport): Promise<void> {
  const next = state === 'running' || state === 'draining' ? 'bound' : 'released';
  // What is free for others, or about to be, is taken back under the lock of the node.
  const locked = tx.query(
    `SELECT pg_advisory_xact_lock(${keyOf('node')}) FROM reservations
     WHERE access_token = $1 AND node = $2
       AND (state = 'lapsed' OR (state = 'promised' AND expires_at < now() + ${ABOUT_TO_LAPSE}))`,
    [accessToken, node],
  );
  const updated = tx.query(
    `UPDATE reservations r SET state = $3, updated_at = now(),
            failed_at = CASE WHEN $4 THEN coalesce(failed_at, now()) ELSE failed_at END
     WHERE access_token = $1 AND node = $2 AND state <> 'released'
       AND NOT EXISTS (SELECT FROM reservations other
                       WHERE $3 = 'bound' AND other.access_token <> $1 AND other.state IN ('promised', 'bound')
                         AND other.node = r.node AND other.port = r.port)`,
    [accessToken, node, next, state === 'failed'],
  );
  await together(locked, updated);
}
