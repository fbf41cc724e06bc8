import type { Pool } from '#libs/postgres';
import type { Verdict } from '../../liveness/domain/verdict.js';

interface FencedVerdict {
  readonly node: string;
  readonly fence: number;
  readonly holder: string;
  readonly verdict: Verdict;
}

/** Stores it with the lease, for whoever takes the node over; false where the lease is another's, or has lapsed. */
export async function recordVerdict(
  pool: Pool,
  { node, fence, holder, verdict }: FencedVerdict,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE node_leases SET liveness = $4, liveness_why = $5, liveness_since = $6
     WHERE node = $1 AND fence = $2 AND holder = $3 AND until > now()`,
    [node, fence, holder, verdict.state, verdict.reason ?? null, verdict.since],
  );
  return rowCount === 1;
}
