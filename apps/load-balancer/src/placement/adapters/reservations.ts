import type { InstanceReport, NodeRequest } from '#libs/contracts';
import { type Retention, together, type Transaction } from '#libs/postgres';
import { askedOf } from '../domain/asked.js';
import type { PortsOfNode, ReservedOnNode } from '../domain/candidates.js';
import { FAILURE_WINDOW_MS, type KnownOfService, type Place, serviceKey } from '../domain/place.js';

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

/** One answer at a time to an access token, whichever replica. Whoever waits for several holds those before them only. */
export async function lockTokens(tx: Transaction, accessTokens: readonly string[]): Promise<void> {
  await tx.query(
    `SELECT pg_advisory_xact_lock(key) FROM (
       SELECT DISTINCT ${tokenKey('token')} AS key FROM unnest($1::text[]) AS token ORDER BY key) AS keys`,
    [accessTokens],
  );
}

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

/** The places that access tokens have, by token; of one that has none, or none any more, nothing. */
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

/**
 * Read before what is reserved: then figures may be newer than their version, which is found out, and never older.
 * One look into the index for each node, however many notes there are (a loose index scan where all are asked for).
 */
export async function nodeVersions(tx: Transaction, asked: NodesAsked): Promise<readonly NodeVersion[]> {
  const { names, values } = namesAsked(asked);
  const { rows } = await tx.query<NodeVersion>(
    `${names}
     SELECT node, latest.id::float8 AS version
     FROM asked, LATERAL (SELECT id FROM node_changes c WHERE takes AND c.node = asked.node
                          ORDER BY id DESC LIMIT 1) AS latest`,
    [...values],
  );
  return rows;
}

function namesAsked(asked: NodesAsked): { readonly names: string; readonly values: readonly unknown[] } {
  if (asked === 'all')
    return {
      names: `WITH RECURSIVE asked (node) AS (
        (SELECT node FROM node_changes WHERE takes ORDER BY node LIMIT 1)
        UNION ALL
        SELECT (SELECT c.node FROM node_changes c WHERE takes AND c.node > asked.node ORDER BY c.node LIMIT 1)
        FROM asked WHERE asked.node IS NOT NULL)`,
      values: [],
    };
  return 'since' in asked
    ? {
        names: 'WITH asked AS (SELECT DISTINCT node FROM node_changes WHERE id > $1)',
        values: [asked.since],
      }
    : { names: 'WITH asked AS (SELECT unnest($1::text[]) AS node)', values: [asked.names] };
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

/** Waits for replicas of the versions that lock all nodes at once, and lets them wait until the transaction ends. */
export async function lockOutWhoLocksAll(tx: Transaction): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock_shared(hashtextextended('slipway.load-balancer.place', 0))`);
}

/**
 * Locks those of the nodes on which nobody else is taking room, until the transaction ends, and waits for none.
 * @returns those that are locked now
 */
export async function lockFreeNodes(tx: Transaction, nodes: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<{ node: string; locked: boolean }>(
    `SELECT node, pg_try_advisory_xact_lock(${keyOf('node')}) AS locked FROM unnest($1::text[]) AS node`,
    [nodes],
  );
  return new Set(rows.flatMap(({ node, locked }) => (locked ? [node] : [])));
}

/** Waits until nobody else is taking room on the node. Only for who holds no other node, or two would wait for ever. */
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

/** A request with the place that becomes its own. */
export interface Reserved {
  readonly request: NodeRequest;
  readonly place: Place;
}

/** It is the turn of the next ones. Of several on a node, the last one counts. */
export async function portsHandedOut(tx: Transaction, reserved: readonly Reserved[]): Promise<void> {
  const last = new Map(
    reserved.flatMap(({ place: { node, port } }) => (port === undefined ? [] : [[node, port] as const])),
  );
  if (last.size === 0) return;
  await tx.query(
    `INSERT INTO ports_in_turn (node, last_port) SELECT * FROM unnest($1::text[], $2::integer[])
     ON CONFLICT (node) DO UPDATE SET last_port = EXCLUDED.last_port`,
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

/** Images of instances that ended stay on their nodes for a while; longer than this is not counted on. */
const IMAGE_STAYS = `interval '1 hour'`;

/** What is read of several services at once: of each its own, by the name of the node. */
type OfNodes = ReadonlyMap<string, number>;

/**
 * The nodes that ran the image of each request lately, or run it: it lies there. An agent tells that a minute later.
 * @returns in the order of the requests
 */
async function imageNodes(
  tx: Transaction,
  requests: readonly AskedOfService[],
): Promise<readonly ReadonlySet<string>[]> {
  const withImage = requests.filter(({ image }) => image !== undefined);
  if (withImage.length === 0) return requests.map(() => new Set());
  const { rows } = await tx.query<OfService & { readonly image: string }>(
    `SELECT DISTINCT app_id AS "appId", service, image, node, 1 AS value
     FROM reservations JOIN (SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::text[])
                             AS of (app_id, service, image)) AS asked USING (app_id, service, image)
     WHERE failed_at IS NULL
       AND (state = 'bound' OR (state = 'released' AND updated_at > now() - ${IMAGE_STAYS}))`,
    [...columnsOf(withImage), withImage.map(({ image }) => image)],
  );
  const keyOfImage = (of: AskedOfService): string => `${serviceKey(of.appId, of.service)} ${of.image}`;
  return inOrderOf(requests, rows, keyOfImage).map((nodes) => new Set(nodes.keys()));
}

/** What placing knows of the service of each request beside the nodes, in the order of the requests. */
export async function knownOfServices(
  tx: Transaction,
  requests: readonly AskedOfService[],
): Promise<readonly KnownOfService[]> {
  const [failures, nodes] = await together(recentFailures(tx, requests), imageNodes(tx, requests));
  return requests.map((_, at) => ({ failures: failures[at], imageNodes: nodes[at] }));
}

/**
 * How often an instance of the service of each request has failed lately, by node.
 * @returns in the order of the requests
 */
async function recentFailures(
  tx: Transaction,
  requests: readonly Pick<NodeRequest, 'appId' | 'service'>[],
): Promise<readonly OfNodes[]> {
  const { rows } = await tx.query<OfService>(
    `SELECT app_id AS "appId", service, node, count(*)::integer AS value
     FROM reservations JOIN (SELECT DISTINCT * FROM unnest($1::text[], $2::text[])
                             AS of (app_id, service)) AS asked USING (app_id, service)
     WHERE failed_at > now() - $3 * interval '1 ms' GROUP BY app_id, service, node`,
    [...columnsOf(requests), FAILURE_WINDOW_MS],
  );
  return inOrderOf(requests, rows, ({ appId, service }) => serviceKey(appId, service));
}

type AskedOfService = Pick<NodeRequest, 'appId' | 'service' | 'image'>;

interface OfService extends Pick<NodeRequest, 'appId' | 'service'> {
  readonly node: string;
  readonly value: number;
}

const columnsOf = (of: readonly Pick<NodeRequest, 'appId' | 'service'>[]): readonly (readonly string[])[] => [
  of.map(({ appId }) => appId),
  of.map(({ service }) => service),
];

function inOrderOf<A, R extends A & OfService>(
  asked: readonly A[],
  rows: readonly R[],
  key: (of: A) => string,
): readonly OfNodes[] {
  const byKey = Map.groupBy(rows, key);
  return asked.map((one) => new Map(byKey.get(key(one))?.map(({ node, value }) => [node, value])));
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
