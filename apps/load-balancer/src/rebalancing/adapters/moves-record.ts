import type { RebalancingAnswer, RebalancingMove, ScaleReply } from '#libs/contracts';
import { jsonTime, type Pool, together, type Transaction } from '#libs/postgres';
import type { OldRows } from '#libs/runtime';
import type { RebalancingOptions, RebalancingRecord } from '../ports.js';

const DAY_MS = 86_400_000;

/** Moves that ended; kept for as long as placements are. */
export const oldMoves =
  (days: number): OldRows =>
  () => ({
    table: 'rebalancing_moves',
    column: 'asked_at',
    condition: 'ended_at IS NOT NULL',
    keepMs: days * DAY_MS,
  });

/** What was advised, as it is stored and shown. */
export type StoredAdvice = Pick<
  RebalancingAnswer,
  'by' | 'waits' | 'fullest' | 'emptiest' | 'advised' | 'staying'
>;

/** What the tokens of moves begin with. */
export const MOVE_TOKENS = 'rebalance-';

/** A move that is asked for now. */
export interface NewMove {
  readonly token: string;
  readonly move: RebalancingMove;
}

/** One replica at a time asks for moves, also if one that led a moment ago does not know yet that it leads no more. */
export async function lockMoves(tx: Transaction): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('slipway.load-balancer.moves', 0))`);
}

/** How many moves are under way, and how many were asked for within the last hour. */
export async function countMoves(
  tx: Transaction,
): Promise<{ readonly open: number; readonly lastHour: number }> {
  const { rows } = await tx.query<{ open: number; lastHour: number }>(
    `SELECT (SELECT count(*)::integer FROM rebalancing_moves WHERE ended_at IS NULL) AS open,
            (SELECT count(*)::integer FROM rebalancing_moves WHERE asked_at > now() - interval '1 hour') AS "lastHour"`,
  );
  return rows[0] ?? { open: 0, lastHour: 0 };
}

export async function addMoves(tx: Transaction, moves: readonly NewMove[]): Promise<void> {
  await tx.query(
    `INSERT INTO rebalancing_moves (token, app_id, service, move)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[])`,
    [
      moves.map(({ token }) => token),
      moves.map(({ move }) => move.appId),
      moves.map(({ move }) => move.service),
      moves.map(({ move }) => move),
    ],
  );
}

/** Idempotent: an answer that comes again, or is not of a move of ours, changes nothing. @returns whether a move ended */
export async function endMove(tx: Transaction, { token, status, ...reply }: ScaleReply): Promise<boolean> {
  if (!token.startsWith(MOVE_TOKENS)) return false;
  const { code, message } = reply.error ?? reply.service?.error ?? {};
  const { rowCount } = await tx.query(
    `UPDATE rebalancing_moves SET ended_at = now(), succeeded = $2, error = $3
     WHERE token = $1 AND ended_at IS NULL`,
    [token, status, code === undefined ? null : { code, message }],
  );
  return rowCount === 1;
}

/** Of moves that nobody has answered for so long: they hold up no others any more. @returns how many */
export async function endUnanswered(tx: Transaction, afterMs: number): Promise<number> {
  const error = { code: 'DEADLINE_EXCEEDED', message: 'The deployer did not answer.' };
  const { rowCount } = await tx.query(
    `UPDATE rebalancing_moves SET ended_at = now(), succeeded = false, error = $2
     WHERE ended_at IS NULL AND asked_at < now() - $1 * interval '1 ms'`,
    [afterMs, error],
  );
  return rowCount ?? 0;
}

export async function keepAdvice(tx: Transaction, at: Date, advice: StoredAdvice): Promise<void> {
  await tx.query(
    `INSERT INTO rebalancing_advice (at, advice) VALUES ($1, $2)
     ON CONFLICT (only_row) DO UPDATE SET at = EXCLUDED.at, advice = EXCLUDED.advice`,
    [at, advice],
  );
}

const ASKED = `move || jsonb_build_object('token', token, 'askedAt', ${jsonTime('asked_at')})`;
const ENDED = `${ASKED} || jsonb_strip_nulls(jsonb_build_object('endedAt', ${jsonTime('ended_at')},
  'succeeded', succeeded, 'error', error))`;
/** So many moves that ended are shown. */
const MOST_ENDED = 50;

type Asked = RebalancingAnswer['underWay'][number];
type Ended = RebalancingAnswer['ended'][number];

/** What any replica shows: one of them looks at the fleet. */
export class PostgresRebalancingRecord implements RebalancingRecord {
  constructor(
    private readonly pool: Pool,
    private readonly options: RebalancingOptions,
  ) {}

  async show(): Promise<RebalancingAnswer> {
    const { mode, ...limits } = this.options;
    const { pool } = this;
    const [advice, open, ended] = await together(
      pool.query<{ at: string; advice: StoredAdvice }>(
        `SELECT ${jsonTime('at')} AS at, advice FROM rebalancing_advice`,
      ),
      pool.query<{ move: Asked }>(
        `SELECT ${ASKED} AS move FROM rebalancing_moves WHERE ended_at IS NULL ORDER BY asked_at, token`,
      ),
      pool.query<{ move: Ended }>(
        `SELECT ${ENDED} AS move FROM rebalancing_moves WHERE ended_at IS NOT NULL
         ORDER BY asked_at DESC, token LIMIT ${MOST_ENDED}`,
      ),
    );
    // What was advised before it was switched off is of no use.
    const last = mode === 'off' ? undefined : advice.rows[0];
    return {
      ...{ mode, limits, advised: [], staying: [] },
      ...(last && { at: last.at, ...last.advice }),
      underWay: open.rows.map(({ move }) => move),
      ended: ended.rows.map(({ move }) => move),
    };
  }
}
