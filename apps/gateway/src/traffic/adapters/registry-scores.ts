import { scoresRowSchema, type ScoresRow } from '#libs/contracts';
import type { Listener, Pool } from '#libs/postgres';
import { LiveRowReader, OVERRIDES_CHANNEL, scoreRows } from '#libs/registry-client';
import { Recurring } from '#libs/runtime';
import { ReceivedOverrides } from '../domain/received-overrides.js';
import { ReceivedScores } from '../domain/received-scores.js';

const READ_MS = 1_000;
/** SQLSTATE undefined_table, insufficient_privilege, invalid_schema_name: no load balancer of this version ever started. */
const NOT_THERE: ReadonlySet<unknown> = new Set(['42P01', '42501', '3F000']);

interface RegistryScoresParts {
  readonly pool: Pool;
  readonly listener: Pick<Listener, 'subscribe'>;
  /** For the first time in a row. */
  readonly onError: (error: unknown) => void;
}

/** What load balancers say in their views: how idle instances are, and which weights operators have set. */
export class RegistryScores {
  private readonly scores = new ReceivedScores();
  private readonly overrides = new ReceivedOverrides();
  private readonly reader: LiveRowReader<ScoresRow>;
  private readonly reading = new Recurring(READ_MS, () => this.read());
  private unsubscribe: (() => void) | undefined;
  private isFailing = false;

  constructor(private readonly parts: RegistryScoresParts) {
    this.reader = new LiveRowReader(parts.pool, scoreRows, (body) => scoresRowSchema.safeParse(body).data);
  }

  current(nowMs: number): ReadonlyMap<string, number> {
    return this.scores.current(nowMs);
  }

  overridden(nowMs: number) {
    return this.overrides.current(nowMs);
  }

  start(): void {
    // While the database is away, the listener comes back by itself.
    this.parts.listener
      .subscribe(OVERRIDES_CHANNEL, () => void this.readOverrides())
      .then(
        (unsubscribe) => (this.unsubscribe = unsubscribe),
        () => undefined,
      );
    this.reading.start({ atOnce: true });
  }

  async stop(): Promise<void> {
    this.unsubscribe?.();
    await this.reading.stop();
  }

  private async read(): Promise<void> {
    try {
      const rows = await this.reader.read();
      // The newest of each instance last.
      const all = rows.toSorted((a, b) => b.ageMs - a.ageMs).flatMap(({ body }) => body.scores);
      if (rows.length > 0) this.scores.take({ isWhole: true, scores: all }, performance.now());
      this.isFailing = false;
    } catch (error) {
      this.failed(error);
    }
    await this.readOverrides();
  }

  private async readOverrides(): Promise<void> {
    try {
      const { rows } = await this.parts.pool.query<{
        instance: string;
        weight: number;
        forMs: number | null;
      }>(
        `SELECT instance, weight, (extract(epoch FROM until - clock_timestamp()) * 1000)::float8 AS "forMs"
         FROM load_balancer.traffic_overrides`,
      );
      this.overrides.take(
        rows.map(({ instance, weight, forMs }) => ({ instance, weight, ...(forMs !== null && { forMs }) })),
        performance.now(),
      );
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    if (NOT_THERE.has((error as { readonly code?: unknown }).code) || this.isFailing) return;
    this.isFailing = true;
    this.parts.onError(error);
  }
}
