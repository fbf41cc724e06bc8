import { withAdvisoryLock, type Pool } from '#libs/postgres';
import { type AtRestKeys, renewAtRest, SealError } from '#libs/secrets';
import type { Logger } from '#libs/telemetry';

export interface RenewParts {
  readonly pool: Pool;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** A column of values that rest encrypted; the names come from code, never from input. */
export interface EncryptedColumn {
  readonly table: string;
  readonly column: string;
  readonly keys: AtRestKeys;
}

/**
 * Encrypts with the first key what rests under a later one, so that the later one can be removed. One replica does it
 * at a time; the others go on, since they open values under each of their keys. What no key opens stays as it is.
 */
export async function renewColumn(parts: RenewParts, column: EncryptedColumn): Promise<void> {
  if (column.keys.length === 1) return;
  await withAdvisoryLock(parts.pool, `slipway.renew.${column.table}`, () => renewAll(parts, column));
}

async function renewAll(
  { pool, logger }: RenewParts,
  { table, column, keys }: EncryptedColumn,
): Promise<void> {
  const { rows } = await pool.query<{ value: string }>(
    `SELECT ${column} AS value FROM ${table} WHERE ${column} IS NOT NULL`,
  );
  let [renewed, unreadable] = [0, 0];
  for (const { value } of rows) {
    const next = await renewAtRest(keys, value).catch((error: unknown) => {
      if (!(error instanceof SealError)) throw error;
      unreadable += 1;
      return undefined;
    });
    if (next === undefined) continue;
    // No two values are the same text. Where it was set anew meanwhile, it rests under the first key already.
    await pool.query(`UPDATE ${table} SET ${column} = $2 WHERE ${column} = $1`, [value, next]);
    renewed += 1;
  }
  if (unreadable > 0) logger.warn({ table, unreadable }, 'values rest under a key that is not configured');
  logger.info({ table, renewed }, 'every value that could be read rests under the first key');
}
