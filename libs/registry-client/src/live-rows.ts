import { randomUUID } from 'node:crypto';
import type { Pool } from '#libs/postgres';
import { CARRIER_SCHEMAS } from './traffic-carriers.js';

/** A row that was not written again for so long does not count any more. */
export const LIVE_MS = 3_000;
/** Rows of writers that are gone are deleted after this. */
const KEPT = `interval '1 minute'`;
/** An app that starts for the first time is heard of so much later at most. */
const LOOK_AGAIN_MS = 2_000;
/** Writes between two looks for such rows. */
const SWEEP_EVERY = 60;

/** Rows that their writers rewrite about once a second, each its own, and others read through a view. */
export interface LiveRowKind {
  readonly table: string;
  /** Published, with the same rows. */
  readonly view: string;
  /** Whose apps publish it. */
  readonly schemas: readonly string[];
  /** Notified with each write. */
  readonly channel: string;
}

/** How services and instances do at each gateway: of gateways, and of load balancers for those that follow their feed. */
export const figureRows: LiveRowKind = {
  ...{ table: 'figure_records', view: 'figures', schemas: CARRIER_SCHEMAS, channel: 'traffic_figures' },
};

/** How idle instances are, by each load balancer. */
export const scoreRows: LiveRowKind = {
  ...{
    table: 'score_records',
    view: 'current_scores',
    schemas: ['load_balancer'],
    channel: 'traffic_scores',
  },
};

/** One writer's row. Two under one id take it from each other, and the last one to write has it. */
export class LiveRowWriter {
  private version = '';
  private writes = 0;

  /** `pool` is that of the app whose schema has the table. */
  constructor(
    private readonly pool: Pool,
    private readonly kind: LiveRowKind,
    private readonly id: string,
  ) {}

  /**
   * `saidAt` is now, by the clock of the body's times. Without a body it says that all is as before; false where the row is
   * another one's meanwhile, or gone: then the body is to be written.
   */
  async write(saidAt: number, body?: object): Promise<boolean> {
    if (this.writes++ % SWEEP_EVERY === 0) await this.sweep();
    if (body === undefined) return this.touch(saidAt);
    const version = randomUUID();
    await this.pool.query(
      `WITH now AS (
         INSERT INTO ${this.kind.table} (id, at, said_at, version, body)
         VALUES ($1, clock_timestamp(), $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET at = EXCLUDED.at, said_at = EXCLUDED.said_at,
                                        version = EXCLUDED.version, body = EXCLUDED.body RETURNING id)
       SELECT pg_notify($5, '') FROM now`,
      [this.id, Math.round(saidAt), version, JSON.stringify(body), this.kind.channel],
    );
    this.version = version;
    return true;
  }

  /** Nothing where another writer has the row meanwhile. */
  async remove(): Promise<void> {
    await this.pool.query(`DELETE FROM ${this.kind.table} WHERE id = $1 AND version = $2`, [
      ...[this.id, this.version],
    ]);
  }

  private async touch(saidAt: number): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `UPDATE ${this.kind.table} SET at = clock_timestamp(), said_at = $3 WHERE id = $1 AND version = $2`,
      [this.id, this.version, Math.round(saidAt)],
    );
    return rowCount === 1;
  }

  private async sweep(): Promise<void> {
    await this.pool.query(
      `DELETE FROM ${this.kind.table} WHERE at < clock_timestamp() - ${KEPT} AND id <> $1`,
      [this.id],
    );
  }
}

export interface LiveRow<T> {
  readonly id: string;
  /** Of the app that wrote it. */
  readonly schema: string;
  readonly ageMs: number;
  /** As the writer gave it. */
  readonly saidAt: number;
  readonly body: T;
}

interface Row {
  readonly id: string;
  readonly schema: string;
  readonly version: string;
  readonly saidAt: number;
  readonly ageMs: number;
  /** Null where the version is known. */
  readonly body: unknown;
}

/** Reads the rows that count. A body crosses the wire once: what is known already is not sent again. */
export class LiveRowReader<T> {
  private known = new Map<string, T | undefined>();
  private readable: { readonly schemas: readonly string[]; readonly atMs: number } | undefined;

  /** `parse` gives undefined for a body that cannot be read: its row is passed over. */
  constructor(
    private readonly pool: Pool,
    private readonly kind: LiveRowKind,
    private readonly parse: (body: unknown) => T | undefined,
  ) {}

  /** None where no app that writes such rows ever started on this database. */
  async read(): Promise<readonly LiveRow<T>[]> {
    const schemas = await this.schemas();
    if (schemas.length === 0) return [];
    const rows = await this.rowsIn(schemas);
    this.known = new Map(
      rows.map(({ version, body }) => [
        version,
        this.known.has(version) ? this.known.get(version) : this.parse(body),
      ]),
    );
    return rows.flatMap(({ id, schema, version, saidAt, ageMs }) => {
      const body = this.known.get(version);
      return body === undefined ? [] : [{ id, schema, ageMs, saidAt, body }];
    });
  }

  private async schemas(): Promise<readonly string[]> {
    const nowMs = performance.now();
    if (this.readable === undefined || nowMs - this.readable.atMs > LOOK_AGAIN_MS)
      this.readable = { schemas: await this.readSchemas(), atMs: nowMs };
    return this.readable.schemas;
  }

  private async readSchemas(): Promise<readonly string[]> {
    const { rows } = await this.pool.query<{ schema: string }>(
      `SELECT n.nspname AS schema FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = ANY ($1) AND c.relname = $2
         AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1`,
      [this.kind.schemas, this.kind.view],
    );
    return rows.map(({ schema }) => schema);
  }

  private async rowsIn(schemas: readonly string[]): Promise<readonly Row[]> {
    const one = (schema: string): string =>
      `SELECT id, '${schema}' AS schema, version, said_at::float8 AS "saidAt",
              greatest(0, extract(epoch FROM clock_timestamp() - at) * 1000)::float8 AS "ageMs",
              CASE WHEN version = ANY ($1) THEN NULL ELSE body END AS body
       FROM ${schema}.${this.kind.view} WHERE at > clock_timestamp() - $2 * interval '1 ms'`;
    const { rows } = await this.pool.query<Row>(schemas.map(one).join(' UNION ALL '), [
      ...[[...this.known.keys()], LIVE_MS],
    ]);
    return rows;
  }
}
