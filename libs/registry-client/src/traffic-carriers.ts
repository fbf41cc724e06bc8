import { type MigrationSet, packagePath, type Pool } from '#libs/postgres';

/** The schema of the app that carries traffic; it publishes `carriers` to the app that drains instances. */
export const CARRIER_SCHEMA = 'gateway';
/** Whose apps publish `carriers`: gateways for themselves, load balancers for the gateways that follow their feed. */
export const CARRIER_SCHEMAS: readonly string[] = [CARRIER_SCHEMA, 'load_balancer'];
/** So long a drain waits at most for a gateway that was killed; its next start takes a second. */
export const CARRIER_LEASE_MS = 5_000;
/** Notified whenever a carrier has applied a revision, or has gone. */
export const CARRIERS_CHANNEL = 'traffic_carriers';

/** A lease that lapsed so long ago is of no use to anybody. */
const KEPT = `interval '1 hour'`;

/** Tables of an app that carries traffic, or keeps the leases of those that do. */
export const trafficTables: MigrationSet = {
  name: 'traffic',
  directory: packagePath('libs/registry-client/migrations/traffic'),
};

/**
 * The leases by which replicas of the app that carries traffic say that they do. A carrier first registers, then reads
 * its snapshot and reports its revision: so whoever drains an instance either sees the carrier, or the carrier's
 * snapshot shows the drain.
 */
export class TrafficCarriers {
  /** `pool` is the carrying app's own, with `trafficTables` in its schema. */
  constructor(
    private readonly pool: Pool,
    private readonly leaseMs: number = CARRIER_LEASE_MS,
  ) {}

  /** From now on drains wait for it; it has applied nothing yet. */
  async register(id: string): Promise<void> {
    // Not in one statement: two that register, and delete each other's row, would wait for one another.
    await this.pool.query(
      `DELETE FROM carrier_records WHERE lease_until < clock_timestamp() - ${KEPT} AND id <> $1`,
      [id],
    );
    await this.pool.query(
      `INSERT INTO carrier_records (id, lease_until) VALUES ($1, clock_timestamp() + $2 * interval '1 ms')
       ON CONFLICT (id) DO UPDATE SET lease_until = EXCLUDED.lease_until, applied = 0, busy = '{}'`,
      [id, this.leaseMs],
    );
  }

  /** False where the lease has lapsed: drains went on without it. It must stop, or register and read a new snapshot. */
  async renew(id: string): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `UPDATE carrier_records SET lease_until = clock_timestamp() + $2 * interval '1 ms'
       WHERE id = $1 AND lease_until > clock_timestamp()`,
      [id, this.leaseMs],
    );
    return rowCount === 1;
  }

  /**
   * It sends traffic by this revision, or a later one; these instances, which get no more, have requests in flight still.
   * Renews the lease, too; false as with `renew`. What was said of an earlier revision comes late, and says nothing of
   * who is busy now: as from a load balancer that stood still.
   */
  async applied(id: string, revision: number, busy: readonly string[] = []): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `WITH now AS (
         UPDATE carrier_records SET lease_until = clock_timestamp() + $2 * interval '1 ms',
                                    applied = greatest(applied, $3),
                                    busy = CASE WHEN $3 >= applied THEN $5 ELSE busy END
         WHERE id = $1 AND lease_until > clock_timestamp() RETURNING id)
       SELECT pg_notify($4, id) FROM now`,
      [id, this.leaseMs, revision, CARRIERS_CHANNEL, busy],
    );
    return rowCount === 1;
  }

  /** Drains do not wait for it any more. Its row stays for a while: it says that traffic is carried here. */
  async release(id: string): Promise<void> {
    await this.pool.query(
      `WITH gone AS (
         UPDATE carrier_records SET lease_until = clock_timestamp() WHERE id = $1 RETURNING id)
       SELECT pg_notify($2, id) FROM gone`,
      [id, CARRIERS_CHANNEL],
    );
  }
}
