import { deleteOld, type Pool } from '#libs/postgres';

const BATCH = 500;
/** Far longer than attempts to bring an instance back are remembered. */
const REPAIRS = { table: 'repairs', column: 'last_at', keepMs: 86_400_000 };

/** Removes rows that only a task under way needs, a few at a time, so that nobody waits for their locks. How many. */
export async function purgeEndedRows(pool: Pool): Promise<number> {
  let removed = await deleteOld(pool, REPAIRS);
  for (;;) {
    const { rowCount } = await pool.query(
      `DELETE FROM node_requests WHERE access_token IN (
         SELECT n.access_token FROM node_requests n JOIN tasks t ON t.id = n.task_id
         WHERE t.result IS NOT NULL LIMIT ${BATCH} FOR UPDATE OF n SKIP LOCKED)`,
    );
    removed += rowCount ?? 0;
    if ((rowCount ?? 0) < BATCH) return removed;
  }
}
