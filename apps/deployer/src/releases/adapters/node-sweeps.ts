import type { Pool } from '#libs/postgres';

/** Whose images are looked at, and when: each node by one replica at a time, however many there are. */
export class NodeSweeps {
  constructor(private readonly pool: Pool) {}

  /**
   * Takes nodes that answer and whose time has come, at most so many; the first time is one interval after a node is
   * known. One whose taker died is taken again after `leaseMs`.
   */
  async claim(everyMs: number, leaseMs: number, most: number): Promise<readonly string[]> {
    await this.pool.query(
      `INSERT INTO node_sweeps (node, due_at) SELECT node, now() + $1 * interval '1 ms' FROM node_logins l
       WHERE NOT EXISTS (SELECT FROM node_sweeps s WHERE s.node = l.node) ON CONFLICT DO NOTHING`,
      [everyMs],
    );
    const { rows } = await this.pool.query<{ node: string }>(
      `UPDATE node_sweeps SET lease_until = now() + $1 * interval '1 ms'
       WHERE node IN (SELECT node FROM node_sweeps s
                      WHERE due_at <= now() AND (lease_until IS NULL OR lease_until < now())
                        AND EXISTS (SELECT FROM node_checks c WHERE c.node = s.node AND c.unreachable_since IS NULL)
                      ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
       RETURNING node`,
      [leaseMs, most],
    );
    return rows.map(({ node }) => node);
  }

  async finish(node: string, nextMs: number): Promise<void> {
    await this.pool.query(
      `UPDATE node_sweeps SET lease_until = NULL, due_at = now() + $2 * interval '1 ms' WHERE node = $1`,
      [node, nextMs],
    );
  }
}
