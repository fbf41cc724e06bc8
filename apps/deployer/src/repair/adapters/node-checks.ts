import type { Pool } from '#libs/postgres';

/** Who looks at which node, and when: each by one replica at a time, however many there are. */
export class NodeChecks {
  constructor(private readonly pool: Pool) {}

  /** Takes nodes whose time has come and whose login is known, at most so many. One whose taker died is taken again after `leaseMs`. */
  async claim(leaseMs: number, most: number): Promise<readonly string[]> {
    await this.pool.query(
      `INSERT INTO node_checks (node) SELECT node FROM node_logins l
       WHERE NOT EXISTS (SELECT FROM node_checks c WHERE c.node = l.node) ON CONFLICT DO NOTHING`,
    );
    const { rows } = await this.pool.query<{ node: string }>(
      `UPDATE node_checks SET lease_until = now() + $1 * interval '1 ms'
       WHERE node IN (SELECT node FROM node_checks
                      WHERE due_at <= now() AND (lease_until IS NULL OR lease_until < now())
                        AND EXISTS (SELECT FROM node_logins l WHERE l.node = node_checks.node)
                      ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
       RETURNING node`,
      [leaseMs, most],
    );
    return rows.map(({ node }) => node);
  }

  /** These nodes are due now; one that is looked at is due again after that. */
  async hasten(nodes: readonly string[]): Promise<void> {
    await this.pool.query('UPDATE node_checks SET due_at = now() WHERE node = ANY($1)', [nodes]);
  }

  /**
   * Gives back what was taken for `leaseMs`. A node that was hastened since then stays due. `asked`: its engine said what it
   * has.
   */
  async finish(
    node: string,
    { nextMs, leaseMs, asked }: { nextMs: number; leaseMs: number; asked: boolean },
  ): Promise<void> {
    await this.pool.query(
      `UPDATE node_checks SET lease_until = NULL,
         asked_at = CASE WHEN $4 THEN lease_until - $3 * interval '1 ms' ELSE asked_at END,
         due_at = CASE WHEN due_at > lease_until - $3 * interval '1 ms' THEN due_at ELSE now() + $2 * interval '1 ms' END
       WHERE node = $1`,
      [node, nextMs, leaseMs, asked],
    );
  }
}
