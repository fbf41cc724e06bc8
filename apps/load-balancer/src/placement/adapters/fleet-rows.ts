import type { Retention, Transaction } from '#libs/postgres';
import type { PortsOfNode, ReservedOnNode } from '../domain/candidates.js';
import { IS_LIVE } from './reservations.js';

/** Notes that replicas have long read. */
export const oldNodeChanges = (keepMs: number): Retention => ({
  table: 'node_changes',
  column: 'changed_at',
  keepMs: Math.min(keepMs, NODE_CHANGES_MS),
});
const NODE_CHANGES_MS = 3_600_000;

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
