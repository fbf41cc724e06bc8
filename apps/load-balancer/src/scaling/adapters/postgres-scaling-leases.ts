import type { Pool } from '#libs/postgres';
import { within } from '#libs/runtime';
import type { HeldService, Kept, ScalingLeases, ServiceName } from '../ports.js';

/** How long a service stays with a replica that does not renew: a killed one decides nothing for so long. */
export const LEASE_MS = 4_000;

/**
 * One that has lapsed is renewed as well, under the same fence, if nobody has taken it since: a replica that was late is no
 * other one. In one order always, so that two replicas that take at once do not wait for each other.
 */
const HOLD = `
  WITH given AS (SELECT * FROM unnest($3::text[], $4::text[]) AS given (app_id, service)),
  renewed AS (
    UPDATE scaling_leases lease SET until = now() + $2 * interval '1 ms' FROM given
    WHERE lease.app_id = given.app_id AND lease.service = given.service
      AND holder = $1
    RETURNING lease.app_id, lease.service, fence),
  taken AS (
    INSERT INTO scaling_leases AS known (app_id, service, holder, fence, until)
    SELECT app_id, service, $1, nextval('scaling_fences'), now() + $2 * interval '1 ms' FROM given
    WHERE NOT EXISTS (
      SELECT FROM scaling_leases live
      WHERE live.app_id = given.app_id AND live.service = given.service
        AND (live.until > now() OR live.holder = $1))
    ORDER BY app_id, service
    ON CONFLICT (app_id, service) DO UPDATE
      SET holder = EXCLUDED.holder, fence = EXCLUDED.fence, until = EXCLUDED.until
      WHERE known.until <= now()
    RETURNING app_id, service, fence)
  SELECT app_id AS "appId", service, fence::float8 AS fence FROM renewed
  UNION ALL SELECT app_id, service, fence::float8 FROM taken`;

/** Leases in the load balancer's schema. */
export class PostgresScalingLeases implements ScalingLeases {
  constructor(
    private readonly pool: Pool,
    /** One process. */
    private readonly holder: string,
  ) {}

  async hold(services: readonly ServiceName[]): Promise<readonly HeldService[]> {
    if (services.length === 0) return [];
    const { appIds, names } = columnsOf(services);
    return this.ask<HeldService>(HOLD, [this.holder, LEASE_MS, appIds, names]);
  }

  async kept({ appId, service }: ServiceName): Promise<Kept | undefined> {
    const rows = await this.ask<{ state: Kept | null }>(
      'SELECT state FROM scaling_leases WHERE app_id = $1 AND service = $2',
      [appId, service],
    );
    return rows[0]?.state ?? undefined;
  }

  async answers(tokens: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const rows = await this.ask<{ token: string; succeeded: boolean }>(
      'SELECT token, succeeded FROM scaling_decisions WHERE token = ANY ($1) AND succeeded IS NOT NULL',
      [tokens],
    );
    return new Map(rows.map(({ token, succeeded }) => [token, succeeded]));
  }

  async keep(services: readonly (HeldService & { readonly kept: Kept })[]): Promise<void> {
    if (services.length === 0) return;
    const { appIds, names } = columnsOf(services);
    await this.ask(
      `UPDATE scaling_leases lease SET state = given.state
       FROM unnest($2::text[], $3::text[], $4::bigint[], $5::jsonb[]) AS given (app_id, service, fence, state)
       WHERE lease.app_id = given.app_id AND lease.service = given.service
         AND lease.holder = $1 AND lease.fence = given.fence`,
      [this.holder, appIds, names, services.map(({ fence }) => fence), services.map(({ kept }) => kept)],
    );
  }

  async end(): Promise<void> {
    await this.ask(`UPDATE scaling_leases SET until = now(), holder = '' WHERE holder = $1`, [this.holder]);
  }

  /** A line to the database that was cut answers nothing, and an answer after the lease would be of no use. */
  private async ask<R extends object>(sql: string, values: readonly unknown[]): Promise<readonly R[]> {
    return (await within(LEASE_MS, 'the database', this.pool.query<R>(sql, [...values]))).rows;
  }
}

const columnsOf = (services: readonly ServiceName[]) => ({
  appIds: services.map(({ appId }) => appId),
  names: services.map(({ service }) => service),
});
