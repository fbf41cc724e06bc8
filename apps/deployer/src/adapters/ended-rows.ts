import type { Pool } from '#libs/postgres';

const BATCH = 500;

/** Removes rows that only a task under way needs, a few at a time, so that nobody waits for their locks. How many. */
export async function purgeEndedRows(pool: Pool): Promise<number> {
  const requests = await inBatches(
    pool,
    `DELETE FROM node_requests WHERE access_token IN (
       SELECT n.access_token FROM node_requests n JOIN tasks t ON t.id = n.task_id
       WHERE t.result IS NOT NULL LIMIT ${BATCH} FOR UPDATE OF n SKIP LOCKED)`,
  );
  const repairs = await inBatches(
    pool,
    `DELETE FROM repairs WHERE instance IN (
       SELECT instance FROM repairs WHERE last_at < now() - interval '1 day' LIMIT ${BATCH})`,
  );
  return requests + repairs;
}

async function inBatches(pool: Pool, sql: string): Promise<number> {
  for (let removed = 0; ;) {
    const { rowCount } = await pool.query(sql);
    removed += rowCount ?? 0;
    if ((rowCount ?? 0) < BATCH) return removed;
  }
}
