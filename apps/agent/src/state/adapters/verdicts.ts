import type { Pool } from '#libs/postgres';
import { within } from '#libs/runtime';
import { LEASE_MS } from '../../leases/hold-leases.js';
import type { Verdict } from '../../liveness/domain/verdict.js';

interface FencedVerdict {
  readonly node: string;
  readonly fence: number;
  readonly holder: string;
  readonly verdict: Verdict;
}

/**
 * Stores it with the lease, for whoever takes the node over; false where the lease is another's, or has lapsed. Throws
 * where the database does not answer within a lease: a later answer is of no use.
 */
export async function recordVerdict(
  pool: Pool,
  { node, fence, holder, verdict }: FencedVerdict,
): Promise<boolean> {
  const recorded = pool.query(
    `UPDATE node_leases SET liveness = $4, liveness_why = $5, liveness_since = $6
     WHERE node = $1 AND fence = $2 AND holder = $3 AND until > now()`,
    [node, fence, holder, verdict.state, verdict.reason ?? null, verdict.since],
  );
  const { rowCount } = await within(LEASE_MS, 'the database', recorded);
  return rowCount === 1;
}
