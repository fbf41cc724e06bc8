import type { NodeRelease } from '#libs/contracts';
import { together, type Transaction } from '#libs/postgres';
import type { PlacingMode } from './placing-batch.js';
import { leaveLine } from './waiting-rows.js';

/**
 * Places are free, and waits for room end. The last of its transaction: `several` hold locks by then, and wait for no row
 * that another transaction has changed or is about to. Postgres says lock_not_available then (55P03).
 */
export async function release(
  tx: Transaction,
  released: readonly NodeRelease[],
  mode: PlacingMode,
): Promise<void> {
  const tokens = released.map(({ accessToken }) => accessToken);
  await together(
    ...(mode === 'one'
      ? []
      : [lockRows(tx, 'waiting_requests', tokens), lockRows(tx, 'reservations', tokens)]),
    leaveLine(tx, tokens),
    releaseReservations(tx, released),
  );
}

async function lockRows(
  tx: Transaction,
  table: 'waiting_requests' | 'reservations',
  tokens: readonly string[],
): Promise<void> {
  await tx.query(`SELECT FROM ${table} WHERE access_token = ANY ($1) FOR UPDATE NOWAIT`, [tokens]);
}

/** Free at once, for good; but for its port, where that was found taken. */
async function releaseReservations(tx: Transaction, released: readonly NodeRelease[]): Promise<void> {
  await tx.query(
    `UPDATE reservations SET state = 'released', updated_at = now(),
            port_taken_at = CASE WHEN port_taken THEN now() ELSE port_taken_at END,
            failed_at = CASE WHEN failed THEN coalesce(failed_at, now()) ELSE failed_at END
     FROM (SELECT token, bool_or(taken) AS port_taken, bool_or(failed) AS failed
           FROM unnest($1::text[], $2::boolean[], $3::boolean[]) AS released (token, taken, failed)
           GROUP BY token) AS of
     WHERE access_token = of.token`,
    [
      released.map(({ accessToken }) => accessToken),
      released.map(({ portTaken = false }) => portTaken),
      released.map(({ failed = false }) => failed),
    ],
  );
}
