import type { Pool } from './pool.js';

const DAY_MS = 86_400_000;

/** `node_minutes_20260131`: the partition of that day, by UTC. */
const nameOf = (table: string, dayMs: number): string =>
  `${table}_${new Date(dayMs).toISOString().slice(0, 10).replaceAll('-', '')}`;

const dayOf = (name: string): number =>
  Date.parse(name.slice(-8).replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3'));

/** A table in partitions by day, by UTC. */
export interface KeptTable {
  readonly table: string;
  readonly keepDays: number;
}

/**
 * Of a table in partitions by day: makes those of today and tomorrow, and drops those that are older than `keepDays`. It
 * may run again at any time, on one replica at a time.
 * @returns the names of those that went
 */
export async function keepPartitions(
  pool: Pool,
  now: Date,
  { table, keepDays }: KeptTable,
): Promise<readonly string[]> {
  const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  for (const day of [today, today + DAY_MS]) {
    const [from, to] = [day, day + DAY_MS].map((ms) => `'${new Date(ms).toISOString()}'`);
    await pool.query(
      `CREATE TABLE IF NOT EXISTS ${nameOf(table, day)} PARTITION OF ${table} FOR VALUES FROM (${from}) TO (${to})`,
    );
  }
  const { rows } = await pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
     WHERE inhparent = $1::regclass ORDER BY relname`,
    [table],
  );
  const old = rows.map(({ name }) => name).filter((name) => dayOf(name) < today - keepDays * DAY_MS);
  for (const name of old) await pool.query(`DROP TABLE IF EXISTS ${name}`);
  return old;
}
