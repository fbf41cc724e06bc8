import { MOST_FEED_OVERRIDES, type TrafficOverride } from '#libs/contracts';
import { jsonTime, type Pool, transaction, type Transaction } from '#libs/postgres';
import { OVERRIDES_CHANNEL, readInstances } from '#libs/registry-client';
import type { NewOverride, OverrideRecord, OverrideSet } from '../ports.js';

const HOLDS = 'until IS NULL OR until > clock_timestamp()';
const COLUMNS = `instance, app_id AS "appId", service, weight, ${jsonTime('until')} AS until, set_by AS by,
  ${jsonTime('set_at')} AS at`;

interface Row {
  readonly instance: string;
  readonly appId: string;
  readonly service: string;
  readonly weight: number;
  readonly until: string | null;
  readonly by: string;
  readonly at: string;
}

const shown = ({ until, ...row }: Row): TrafficOverride => ({ ...row, ...(until !== null && { until }) });

/** A row for each instance. Rows that hold no more, and those of instances that are gone, go with the next change. */
export class PostgresOverrides implements OverrideRecord {
  constructor(private readonly pool: Pool) {}

  async list(): Promise<TrafficOverride[]> {
    const { rows } = await this.pool.query<Row>(
      `SELECT ${COLUMNS} FROM traffic_override_records WHERE ${HOLDS} ORDER BY instance`,
    );
    return rows.map(shown);
  }

  async set({ instance, weight, forMs, by }: NewOverride): Promise<OverrideSet> {
    const [found] = await readInstances(this.pool, { name: instance, isLive: true });
    if (found === undefined) return { kind: 'unknown' };
    return transaction(this.pool, async (tx) => {
      await forgetOld(tx, instance);
      const { rows } = await tx.query<Row>(
        `INSERT INTO traffic_override_records (instance, app_id, service, weight, until, set_by)
         SELECT $1, $2, $3, $4, clock_timestamp() + $5 * interval '1 ms', $6
         WHERE (SELECT count(*) FROM traffic_override_records) < ${MOST_FEED_OVERRIDES}
         RETURNING ${COLUMNS}`,
        [instance, found.appId, found.service, weight, forMs ?? null, by],
      );
      const [row] = rows;
      if (row === undefined) return { kind: 'full' };
      await tell(tx);
      return { kind: 'set', override: shown(row) };
    });
  }

  async end(instance: string): Promise<TrafficOverride | undefined> {
    return transaction(this.pool, async (tx) => {
      const { rows } = await tx.query<Row>(
        `DELETE FROM traffic_override_records WHERE instance = $1 AND (${HOLDS}) RETURNING ${COLUMNS}`,
        [instance],
      );
      const [row] = rows;
      if (row === undefined) return undefined;
      await tell(tx);
      return shown(row);
    });
  }
}

const forgetOld = (tx: Transaction, instance: string) =>
  tx.query(
    `DELETE FROM traffic_override_records o
     WHERE instance = $1 OR NOT (${HOLDS})
        OR NOT EXISTS (SELECT FROM registry.instances i
                       WHERE i.name = o.instance AND i.state IN ('running', 'draining'))`,
    [instance],
  );

const tell = (tx: Transaction) => tx.query(`SELECT pg_notify($1, '')`, [OVERRIDES_CHANNEL]);
