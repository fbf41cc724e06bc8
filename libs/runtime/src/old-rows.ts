import { deleteOld, type Pool, type Retention } from '#libs/postgres';
import type { Logger } from '#libs/telemetry';
import { Recurring } from './recurring.js';
import type { RuntimeConfig } from './runtime-config.js';

export interface OldRowsParts {
  readonly pool: Pool;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly config: Pick<RuntimeConfig, 'SLIPWAY_OLD_ROWS_DAYS' | 'SLIPWAY_OLD_ROWS_INTERVAL_MS'>;
}

/** Rows that one app can do without once they are old enough. */
export type OldRows = (keepMs: number) => Retention;

const DAY_MS = 86_400_000;

/** Deletes old rows now and then. Several replicas do no harm. */
export function createOldRows(
  { pool, logger, config }: OldRowsParts,
  oldRows: readonly OldRows[],
): Recurring {
  const keepMs = config.SLIPWAY_OLD_ROWS_DAYS * DAY_MS;
  const retentions = oldRows.map((retention) => retention(keepMs));
  return new Recurring(config.SLIPWAY_OLD_ROWS_INTERVAL_MS, async (signal) => {
    for (const retention of retentions) {
      const { table } = retention;
      try {
        const deleted = await deleteOld(pool, retention, { signal });
        if (deleted > 0) logger.info({ table, deleted }, 'old rows deleted');
      } catch (err) {
        logger.warn({ err, table }, 'old rows could not be deleted');
      }
    }
  });
}
