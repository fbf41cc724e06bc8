import type { Pool } from '#libs/postgres';
import { within } from '#libs/runtime';
import type { HeldHost, HostLeases } from '../ports.js';

/** How long a host stays with a replica that does not renew: its limits stay as they are for so long. */
export const LEASE_MS = 4_000;

/** In one order always, so that two replicas that take at once do not wait for each other. */
const HOLD = `
  WITH given AS (SELECT unnest($3::text[]) AS host),
  renewed AS (
    UPDATE host_leases lease SET until = now() + $2 * interval '1 ms' FROM given
    WHERE lease.host = given.host AND holder = $1 AND until > now()
    RETURNING lease.host, fence),
  taken AS (
    INSERT INTO host_leases AS known (host, holder, fence, until)
    SELECT host, $1, nextval('fences'), now() + $2 * interval '1 ms' FROM given
    WHERE NOT EXISTS (SELECT FROM host_leases live WHERE live.host = given.host AND live.until > now())
    ORDER BY host
    ON CONFLICT (host) DO UPDATE
      SET holder = EXCLUDED.holder, fence = EXCLUDED.fence, until = EXCLUDED.until
      WHERE known.until <= now()
    RETURNING host, fence)
  SELECT host, fence::float8 AS fence FROM renewed UNION ALL SELECT host, fence::float8 FROM taken`;

/** Leases in the rescaler's schema. */
export class PostgresHostLeases implements HostLeases {
  constructor(
    private readonly pool: Pool,
    /** One process. */
    private readonly holder: string,
  ) {}

  async hold(hosts: readonly string[]): Promise<readonly HeldHost[]> {
    if (hosts.length === 0) return [];
    const held = this.pool.query<HeldHost>(HOLD, [this.holder, LEASE_MS, hosts]);
    // A line to the database that was cut answers nothing, and an answer after the lease would be of no use.
    return (await within(LEASE_MS, 'the database', held)).rows;
  }

  async release(hosts: readonly string[]): Promise<void> {
    if (hosts.length === 0) return;
    const released = this.pool.query(
      'UPDATE host_leases SET until = now() WHERE holder = $1 AND host = ANY ($2) AND until > now()',
      [this.holder, hosts],
    );
    await within(LEASE_MS, 'the database', released);
  }
}
