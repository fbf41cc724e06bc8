import { jsonTime, type Pool } from '#libs/postgres';
import { namingRegistry } from '#libs/registry-client';
import { within } from '#libs/runtime';
import type { LeaseRow } from '../domain/share.js';
import type { HeldNode, Leases, Renewal } from '../ports.js';

interface HeldRow {
  readonly node: string;
  readonly fence: number;
  readonly liveness: 'alive' | 'unreachable' | null;
  readonly why: string | null;
  readonly since: string | null;
}

interface RenewedRow {
  readonly nodes: readonly { readonly node: string; readonly version: string }[];
  readonly others: readonly string[];
  readonly leases: readonly LeaseRow[];
  readonly held: readonly HeldRow[];
}

/** A lease that was given back ended at -infinity, so that it differs from one that was not renewed. */
const RENEW = `
  WITH alive AS (
    INSERT INTO replicas (holder, until) VALUES ($1, now() + $2 * interval '1 ms')
    ON CONFLICT (holder) DO UPDATE SET until = EXCLUDED.until),
  renewed AS (
    UPDATE node_leases SET until = now() + $2 * interval '1 ms' WHERE holder = $1 AND until > '-infinity'
    RETURNING node, fence, liveness, liveness_why AS why, ${jsonTime('liveness_since')} AS since)
  SELECT
    (SELECT coalesce(json_agg(json_build_object('node', name, 'version', updated_at) ORDER BY name), '[]')
     FROM registry.nodes WHERE state <> 'gone') AS nodes,
    (SELECT coalesce(json_agg(holder), '[]') FROM replicas WHERE holder <> $1 AND until > now()) AS others,
    (SELECT coalesce(json_agg(json_build_object('node', node, 'holder', holder, 'state',
       CASE WHEN until = '-infinity' THEN 'free' WHEN until > now() THEN 'live' ELSE 'lapsed' END)), '[]')
     FROM node_leases WHERE holder <> $1 OR until = '-infinity') AS leases,
    (SELECT coalesce(json_agg(renewed), '[]') FROM renewed) AS held`;

const TAKE = `
  INSERT INTO node_leases AS known (node, holder, fence, until)
  SELECT node, $1, nextval('fences'), now() + $2 * interval '1 ms' FROM unnest($3::text[]) AS node
  ON CONFLICT (node) DO UPDATE SET holder = EXCLUDED.holder, fence = EXCLUDED.fence, until = EXCLUDED.until
  WHERE known.until < now()
  RETURNING node`;

const FORGET = `
  DELETE FROM node_leases lease WHERE node = ANY ($1) AND until < now()
    AND NOT EXISTS (SELECT FROM registry.nodes WHERE name = lease.node AND state <> 'gone')`;

/** Leases in the agent's schema, nodes from the registry. */
export class PostgresLeases implements Leases {
  constructor(
    private readonly pool: Pool,
    private readonly holder: string,
    private readonly leaseMs: number,
  ) {}

  async renew(): Promise<Renewal> {
    const { rows } = await namingRegistry(this.ask<RenewedRow>(RENEW, [this.holder, this.leaseMs]));
    const { nodes, others, leases, held } = rows[0] ?? { nodes: [], others: [], leases: [], held: [] };
    const versions = new Map(nodes.map(({ node, version }) => [node, version]));
    const own = held.map(({ node }) => ({ node, holder: this.holder, state: 'live' }) as const);
    return {
      nodes: nodes.map(({ node }) => node),
      others,
      leases: [...leases, ...own],
      held: held.flatMap((row) => heldNode(row, versions.get(row.node))),
    };
  }

  async take(nodes: readonly string[]): Promise<readonly string[]> {
    const { rows } = await this.ask<{ node: string }>(TAKE, [this.holder, this.leaseMs, nodes]);
    return rows.map(({ node }) => node);
  }

  async give(nodes: readonly string[]): Promise<void> {
    await this.ask(`UPDATE node_leases SET until = '-infinity' WHERE holder = $1 AND node = ANY ($2)`, [
      this.holder,
      nodes,
    ]);
  }

  async forget(nodes: readonly string[]): Promise<void> {
    await namingRegistry(this.ask(FORGET, [nodes]));
  }

  async end(): Promise<void> {
    await this.ask(
      `WITH given AS (UPDATE node_leases SET until = '-infinity' WHERE holder = $1)
       DELETE FROM replicas WHERE holder = $1 OR until < now() - interval '1 day'`,
      [this.holder],
    );
  }

  /** A line to the database that was cut answers nothing, and an answer after the lease would be of no use. */
  private ask<R extends object>(
    sql: string,
    values: readonly unknown[],
  ): Promise<{ readonly rows: readonly R[] }> {
    return within(this.leaseMs, 'the database', this.pool.query<R>(sql, [...values]));
  }
}

/** Nothing of a node that is enrolled no more. */
function heldNode(
  { node, fence, liveness, why, since }: HeldRow,
  version: string | undefined,
): readonly HeldNode[] {
  if (version === undefined) return [];
  const isKnown = liveness !== null && since !== null;
  const verdict = isKnown ? { state: liveness, ...(why !== null && { reason: why }), since } : undefined;
  return [{ node, fence, version, verdict }];
}
