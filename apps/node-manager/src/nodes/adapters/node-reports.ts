import type { NodeReport } from '#libs/contracts';
import type { Transaction } from '#libs/postgres';

/** Writes down whether a node answers. What its owner set (cordoned, draining, gone) stays. */
export async function recordNodeReport(tx: Transaction, report: NodeReport): Promise<void> {
  const { node, state, reportedAt } = report;
  await tx.query(
    `UPDATE node_records SET state = $2, reported_at = $3, updated_at = now()
     WHERE name = $1 AND state IN ('ready', 'unreachable') AND coalesce(reported_at, '-infinity') <= $3`,
    [node, state, reportedAt],
  );
}
