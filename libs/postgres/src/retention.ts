import type { Pool } from './pool.js';

/** Rows of one table that nobody needs any more once they are old enough. All but `keepMs` is SQL from code, never input. */
export interface Retention {
  readonly table: string;
  /** A timestamptz; an index on it, with `condition`, finds the oldest. */
  readonly column: string;
  /** Rows for which it does not hold stay for ever. */
  readonly condition?: string;
  readonly keepMs: number;
}

/**
 * Messages that were handled. A message that comes again after its row went is handled again: keep them for longer
 * than its topic keeps messages.
 */
export const handledMessages = (keepMs: number): Retention => ({
  table: 'inbox',
  column: 'handled_at',
  keepMs,
});

/** Work that was finished. Its id may then be enqueued again. */
export const finishedWork = (keepMs: number): Retention => ({
  table: 'work',
  column: 'finished_at',
  condition: `state = 'done'`,
  keepMs,
});

const BATCH = 1_000;

/**
 * Deletes what is older than its retention, oldest first, in transactions of `batch` rows, so that nobody waits for it.
 * Several replicas may do it at once: what one deletes, the others leave out.
 * @returns how many rows went
 */
export async function deleteOld(
  pool: Pool,
  { table, column, condition = 'true', keepMs }: Retention,
  { batch = BATCH, signal }: { readonly batch?: number; readonly signal?: AbortSignal } = {},
): Promise<number> {
  let deleted = 0;
  for (;;) {
    if (signal?.aborted) return deleted;
    const { rowCount } = await pool.query(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM ${table} WHERE ${condition} AND ${column} < now() - $1 * interval '1 ms'
         ORDER BY ${column} LIMIT $2 FOR UPDATE SKIP LOCKED))`,
      [keepMs, batch],
    );
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < batch) return deleted;
  }
}
