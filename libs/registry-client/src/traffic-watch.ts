import type { Listener, Pool } from '#libs/postgres';
import { readDrainRevision } from './changes.js';
import { CHANGES_CHANNEL } from './registry-feed.js';
import { CARRIER_SCHEMA, CARRIER_SCHEMAS, CARRIERS_CHANNEL } from './traffic-carriers.js';

export interface TrafficWatchOptions {
  readonly pool: Pool;
  readonly listener: Pick<Listener, 'subscribe'>;
  /** The safety net under NOTIFY. */
  readonly pollMs?: number;
}

export interface WaitOptions {
  /** How long carriers are waited for at most. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** How a wait ended. */
export type Applied =
  | { readonly applied: true; /** How many carriers have applied it. */ readonly carriers: number }
  /** Time is over. `behind` is empty where the registry itself does not show it yet. */
  | { readonly applied: false; readonly behind: readonly string[] };

const POLL_MS = 250;

interface CarrierRow {
  readonly id: string;
  readonly isBehind: boolean;
  readonly lapseMs: number;
}

interface Carriers {
  readonly carriers: number;
  readonly behind: readonly string[];
  /** Until the first of those that are behind loses its lease. */
  readonly lapseMs: number;
}

/** Waits until all that carry traffic have stopped sending it to an instance. */
export class TrafficWatch {
  private readonly waiting = new Set<() => void>();

  constructor(private readonly options: TrafficWatchOptions) {}

  async start(): Promise<void> {
    const wake = (): void => this.waiting.forEach((resume) => resume());
    for (const channel of [CARRIERS_CHANNEL, CHANGES_CHANNEL])
      await this.options.listener.subscribe(channel, wake);
  }

  /**
   * Waits until every carrier with a lease has applied the revision. Returns at once where there is none; does not wait
   * for one whose lease lapses. Throws the signal's reason.
   */
  untilApplied(revision: number, options: WaitOptions): Promise<Applied> {
    return this.until(() => Promise.resolve(revision), undefined, options);
  }

  /**
   * The same for the revision by which an instance left traffic, which the registry may not have yet; and until no request
   * is in flight to the instance any more.
   */
  untilDrained(instance: string, options: WaitOptions): Promise<Applied> {
    let revision: number | undefined;
    return this.until(
      async () => (revision ??= await readDrainRevision(this.options.pool, instance)),
      instance,
      options,
    );
  }

  private async until(
    revisionOf: () => Promise<number | undefined>,
    instance: string | undefined,
    { timeoutMs, signal }: WaitOptions,
  ): Promise<Applied> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      signal?.throwIfAborted();
      // Before it is looked: what is said meanwhile ends the pause below.
      const { promise: word, resolve } = Promise.withResolvers<void>();
      const resume = (): void => resolve();
      this.waiting.add(resume);
      signal?.addEventListener('abort', resume);
      try {
        const schemas = await this.carryingSchemas();
        if (!(await this.isTrafficCarried(schemas))) return { applied: true, carriers: 0 };
        const revision = await revisionOf();
        const { carriers, behind, lapseMs } = await this.carriersBehind(schemas, revision, instance);
        if (revision !== undefined && behind.length === 0) return { applied: true, carriers };
        const leftMs = deadline - performance.now();
        if (leftMs <= 0) return { applied: false, behind };
        await pause(word, Math.min(leftMs, lapseMs, this.options.pollMs ?? POLL_MS));
      } finally {
        this.waiting.delete(resume);
        signal?.removeEventListener('abort', resume);
      }
    }
  }

  /** Of the apps that were started on this database once, and have granted their view. */
  private async carryingSchemas(): Promise<readonly string[]> {
    const { rows } = await this.options.pool.query<{ schema: string }>(
      `SELECT n.nspname AS schema FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = ANY ($1) AND c.relname = 'carriers'
         AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1`,
      [CARRIER_SCHEMAS],
    );
    return rows.map(({ schema }) => schema);
  }

  /** A gateway makes its schema when it starts. A load balancer always has one: its first row says that there is a gateway. */
  private async isTrafficCarried(schemas: readonly string[]): Promise<boolean> {
    if (schemas.length === 0 || schemas.includes(CARRIER_SCHEMA)) return schemas.length > 0;
    const { rowCount } = await this.options.pool.query(
      `SELECT FROM (${carriersIn(schemas)}) AS carriers LIMIT 1`,
    );
    return rowCount === 1;
  }

  /** Without a revision every carrier is behind; with an instance also one that has requests in flight to it. */
  private async carriersBehind(
    schemas: readonly string[],
    revision: number | undefined,
    instance?: string,
  ): Promise<Carriers> {
    const { rows } = await this.options.pool.query<CarrierRow>(
      `SELECT id, ($1::bigint IS NULL OR applied < $1 OR coalesce($2::text = ANY (busy), false)) AS "isBehind",
              (extract(epoch FROM lease_until - clock_timestamp()) * 1000)::float8 AS "lapseMs"
       FROM (${carriersIn(schemas)}) AS carriers WHERE lease_until > clock_timestamp() ORDER BY id`,
      [revision, instance],
    );
    const behind = rows.filter(({ isBehind }) => isBehind);
    const lapseMs = Math.min(...behind.map((row) => Math.max(1, row.lapseMs)));
    return { carriers: rows.length, behind: behind.map(({ id }) => id), lapseMs };
  }
}

const carriersIn = (schemas: readonly string[]): string =>
  schemas
    .map((schema) => `SELECT id, applied, busy, lease_until FROM ${schema}.carriers`)
    .join(' UNION ALL ');

/** Until the word comes, or time is over. */
async function pause(word: Promise<void>, ms: number): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, ms);
  await Promise.race([word, over.promise]);
  clearTimeout(timer);
}
