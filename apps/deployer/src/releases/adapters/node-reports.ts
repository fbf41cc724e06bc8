import { type NodeReport, nodeReported } from '#libs/contracts';
import { type Outbox, type Pool, transaction } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import type { Clock } from '../../task/ports.js';

interface NodeReportParts {
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly clock: Clock;
}

/** For the history of a node. Whether it answers is as whoever looks after it has written. */
export async function tellImagesRemoved(
  { pool, outbox, clock }: NodeReportParts,
  node: string,
  imagesRemoved: NonNullable<NodeReport['imagesRemoved']>,
): Promise<void> {
  await transaction(pool, async (tx) => {
    const { rows } = await tx.query<{ since: Date | null }>(
      'SELECT unreachable_since AS since FROM node_checks WHERE node = $1 FOR SHARE',
      [node],
    );
    const [row] = rows;
    if (row === undefined) return;
    const state = row.since === null ? ('ready' as const) : ('unreachable' as const);
    const report = { node, state, reportedAt: clock.now().toISOString(), imagesRemoved };
    await outbox.add(tx, [outgoing(nodeReported, report)]);
  });
}
