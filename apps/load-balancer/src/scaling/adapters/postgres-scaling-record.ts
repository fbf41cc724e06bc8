import { scaleRequested, type ScaleReply } from '#libs/contracts';
import { type Outbox, type Pool, transaction, type Transaction } from '#libs/postgres';
import { outgoing, type OldRows } from '#libs/runtime';
import { ASKED_MS } from '../domain/asked.js';
import { COARSE_SECONDS, FINE_SECONDS, type Recorded, recordOf } from '../domain/recorded.js';
import { SAME_MS, type Unchanged } from '../domain/unchanged.js';
import type { HeldService, ScalingChange, ScalingRecord, ServiceName } from '../ports.js';

const DAY_MS = 86_400_000;
/** What the tokens of scale requests begin with. */
export const SCALING_TOKENS = 'scaling-';
/** Who asks, as the history of the spec shows it. */
export const SCALING_PRINCIPAL = 'slipway:scaling';
/** Printable text of a request. */
const LONGEST_REASON = 500;
/** For so long figures are kept at 10 s; a replay needs no longer ones in full. */
const FINE_DAYS = 7;
/** Minutes that a replica did not get to are made up by the next one. */
const ROLL_UP_MS = 3_600_000;

/** Decisions, and minutes of figures, for so many days each. */
export const oldScalingRows = (decisionDays: number, minuteDays: number): readonly OldRows[] => [
  () => ({ table: 'scaling_decisions', column: 'until', keepMs: decisionDays * DAY_MS }),
  () => ({
    ...{ table: 'scaling_figures', column: 'at', condition: `seconds = ${FINE_SECONDS}` },
    keepMs: FINE_DAYS * DAY_MS,
  }),
  () => ({
    ...{ table: 'scaling_figures', column: 'at', condition: `seconds = ${COARSE_SECONDS}` },
    keepMs: minuteDays * DAY_MS,
  }),
];

interface Parts {
  readonly pool: Pool;
  readonly outbox: Outbox;
  /** As of the leases. */
  readonly holder: string;
}

export class PostgresScalingRecord implements ScalingRecord {
  constructor(private readonly parts: Parts) {}

  /** The row of the lease is locked until the end, so nobody takes it over between the check and the request. */
  change(change: ScalingChange): Promise<boolean> {
    const { pool, outbox, holder } = this.parts;
    const { appId, service, fence, token, explanation, at, kept } = change;
    return transaction(pool, async (tx) => {
      const { rowCount } = await tx.query(
        `UPDATE scaling_leases SET state = $5
         WHERE app_id = $1 AND service = $2 AND holder = $3 AND fence = $4 AND until > now()`,
        [appId, service, holder, fence, kept],
      );
      if (rowCount !== 1) return false;
      await tx.query(
        `INSERT INTO scaling_decisions
           (app_id, service, decided_at, reason, until, times, from_count, to_count, fence, explanation, token)
         VALUES ($1, $2, $3, $4, $3, 1, $5, $6, $7, $8, $9)`,
        [
          ...[appId, service, new Date(at), explanation.constraint, explanation.current, explanation.count],
          ...[fence, explanation, token],
        ],
      );
      const reason = change.reason.slice(0, LONGEST_REASON);
      const validUntil = new Date(at + ASKED_MS).toISOString();
      const request = { token, appId, service, to: explanation.count, fence, validUntil, reason };
      await outbox.add(tx, [
        outgoing(scaleRequested, { ...request, principal: SCALING_PRINCIPAL, written: undefined }),
      ]);
      return true;
    });
  }

  async goingOn({ appId, service }: ServiceName, now: number): Promise<readonly Unchanged[]> {
    const { rows } = await this.parts.pool.query<Omit<Unchanged, 'isUnwritten'>>(
      `SELECT reason, extract(epoch FROM decided_at)::float8 * 1000 AS since,
              extract(epoch FROM until)::float8 * 1000 AS until, times, explanation
       FROM scaling_decisions one
       WHERE app_id = $1 AND service = $2 AND from_count = to_count AND until > $3
         AND NOT EXISTS (SELECT FROM scaling_decisions change WHERE change.app_id = $1 AND change.service = $2
                           AND change.from_count <> change.to_count AND change.decided_at >= one.decided_at)
       ORDER BY decided_at`,
      [appId, service, new Date(now - SAME_MS)],
    );
    return rows.map((row) => ({
      ...row,
      ...{ since: Math.round(row.since), until: Math.round(row.until), isUnwritten: false },
    }));
  }

  async unchanged(decisions: readonly (HeldService & { readonly decision: Unchanged })[]): Promise<void> {
    const column = (of: (decision: Unchanged) => unknown): unknown[] =>
      decisions.map(({ decision }) => of(decision));
    await this.parts.pool.query(
      `INSERT INTO scaling_decisions
         (app_id, service, decided_at, reason, until, times, from_count, to_count, fence, explanation)
       SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::timestamptz[], $6::integer[],
                            $7::integer[], $7::integer[], $8::bigint[], $9::jsonb[])
       ON CONFLICT (app_id, service, decided_at, reason) DO UPDATE
         SET until = EXCLUDED.until, times = EXCLUDED.times, explanation = EXCLUDED.explanation, fence = EXCLUDED.fence`,
      [
        decisions.map(({ appId }) => appId),
        decisions.map(({ service }) => service),
        ...[column(({ since }) => new Date(since)), column(({ reason }) => reason)],
        ...[column(({ until }) => new Date(until)), column(({ times }) => times)],
        column(({ explanation }) => explanation.count),
        decisions.map(({ fence }) => fence),
        column(({ explanation }) => explanation),
      ],
    );
  }

  async figures(figures: readonly (ServiceName & { readonly recorded: Recorded })[]): Promise<void> {
    await insertFigures(this.parts.pool, figures);
    // With the first record of a minute, the one before is whole.
    const full = figures.filter(({ recorded: { at } }) => at % (COARSE_SECONDS * 1_000) === 0);
    for (const { recorded, ...service } of full) await this.rollUp(service, recorded.at);
  }

  private async rollUp({ appId, service }: ServiceName, until: number): Promise<void> {
    const { pool } = this.parts;
    const { rows } = await pool.query<{ figures: Recorded }>(
      `SELECT figures FROM scaling_figures
       WHERE app_id = $1 AND service = $2 AND seconds = ${FINE_SECONDS} AND at < $3 AND at >= greatest(
         $3 - ${ROLL_UP_MS} * interval '1 ms',
         (SELECT max(at) + ${COARSE_SECONDS} * interval '1 s' FROM scaling_figures
          WHERE app_id = $1 AND service = $2 AND seconds = ${COARSE_SECONDS}))
       ORDER BY at`,
      [appId, service, new Date(until)],
    );
    const minutes = Map.groupBy(rows, ({ figures }) => figures.at - (figures.at % (COARSE_SECONDS * 1_000)));
    const recorded = [...minutes].flatMap(
      ([at, parts]) =>
        recordOf(
          parts.map(({ figures }) => figures),
          at,
          COARSE_SECONDS,
        ) ?? [],
    );
    await insertFigures(
      pool,
      recorded.map((minute) => ({ appId, service, recorded: minute })),
    );
  }
}

async function insertFigures(
  pool: Pool,
  figures: readonly (ServiceName & { readonly recorded: Recorded })[],
): Promise<void> {
  if (figures.length === 0) return;
  await pool.query(
    `INSERT INTO scaling_figures (app_id, service, seconds, at, figures)
     SELECT * FROM unnest($1::text[], $2::text[], $3::smallint[], $4::timestamptz[], $5::jsonb[])
     ON CONFLICT DO NOTHING`,
    [
      figures.map(({ appId }) => appId),
      figures.map(({ service }) => service),
      figures.map(({ recorded }) => recorded.seconds),
      figures.map(({ recorded }) => new Date(recorded.at)),
      figures.map(({ recorded }) => recorded),
    ],
  );
}

/** Idempotent: an answer that comes again, or is not to a request of ours, changes nothing. */
export async function endScaling(tx: Transaction, { token, status, ...reply }: ScaleReply): Promise<void> {
  if (!token.startsWith(SCALING_TOKENS)) return;
  const { code, message } = reply.error ?? reply.service?.error ?? {};
  await tx.query(
    `UPDATE scaling_decisions SET succeeded = $2, error = $3 WHERE token = $1 AND succeeded IS NULL`,
    [token, status, code === undefined ? null : { code, message }],
  );
}
