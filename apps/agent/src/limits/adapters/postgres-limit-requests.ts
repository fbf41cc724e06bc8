import { limitAnswered, type LimitAnswer, type LimitRequest } from '#libs/contracts';
import { type Outbox, type Pool, transaction, type Transaction } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import { refuseRequest } from '../domain/refuse.js';
import type { LimitRequests, OpenRequest, OpenRequests } from '../ports.js';

interface OpenRow {
  readonly request: string;
  readonly fence: string;
  readonly at: Date;
  readonly changes: LimitRequest['changes'];
  readonly highest: string;
}

/** The row of the lease is locked, so that nobody takes it over between the check and the answer. */
const ANSWER = `
  WITH held AS (
    SELECT FROM node_leases WHERE node = $2 AND holder = $3 AND until > now() FOR SHARE)
  UPDATE limit_requests SET answer = $4, answered_at = now()
  WHERE request = $1 AND answered_at IS NULL AND EXISTS (SELECT FROM held)`;

interface OpenParts {
  readonly pool: Pool;
  readonly outbox: Pick<Outbox, 'add'>;
  /** As of the leases. */
  readonly holder: string;
}

/** The requests that this replica answers. */
export class PostgresOpenRequests implements OpenRequests {
  constructor(private readonly parts: OpenParts) {}

  async waiting(nodes: readonly string[]): Promise<readonly string[]> {
    const { rows } = await this.parts.pool.query<{ node: string }>(
      'SELECT DISTINCT node FROM limit_requests WHERE node = ANY ($1) AND answered_at IS NULL',
      [nodes],
    );
    return rows.map(({ node }) => node);
  }

  async next(node: string): Promise<OpenRequest | undefined> {
    const { rows } = await this.parts.pool.query<OpenRow>(
      `SELECT request, open.fence, asked_at AS at, changes, known.fence AS highest
       FROM limit_requests open JOIN limit_fences known USING (node)
       WHERE node = $1 AND answered_at IS NULL ORDER BY ordinal LIMIT 1`,
      [node],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const { request, changes } = row;
    const [fence, highest] = [Number(row.fence), Number(row.highest)];
    return {
      request: { request, node, fence, at: row.at.toISOString(), changes },
      isOutdated: fence < highest,
    };
  }

  answer(answer: LimitAnswer): Promise<boolean> {
    const { pool, outbox, holder } = this.parts;
    return transaction(pool, async (tx) => {
      const { rowCount } = await tx.query(ANSWER, [
        ...[answer.request, answer.node, holder, JSON.stringify(answer)],
      ]);
      if (rowCount !== 1) return false;
      await outbox.add(tx, [outgoing(limitAnswered, answer)]);
      return true;
    });
  }
}

interface Parts {
  readonly outbox: Pick<Outbox, 'add'>;
  now(): Date;
}

/** NOTIFY channels are database-wide, so they carry the schema's name. Payload: the node that has something to apply. */
export const limitsChannel = (schema: string): string => `${schema}_limits`;
const NOTIFY = `SELECT pg_notify(current_schema() || '_limits', $1)`;

/** The highest fence counts, in whatever order requests come. */
const RAISE_FENCE = `
  INSERT INTO limit_fences AS known (node, fence) VALUES ($1, $2)
  ON CONFLICT (node) DO UPDATE SET fence = greatest(known.fence, EXCLUDED.fence) RETURNING fence`;

const KEEP = `
  INSERT INTO limit_requests (request, node, fence, asked_at, changes, answer, answered_at)
  VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $6::jsonb IS NOT NULL THEN now() END)
  ON CONFLICT (request) DO NOTHING`;

export class PostgresLimitRequests implements LimitRequests {
  constructor(private readonly parts: Parts) {}

  async take(tx: Transaction, request: LimitRequest): Promise<void> {
    const { outbox } = this.parts;
    const { rows } = await tx.query<{ fence: number }>(RAISE_FENCE, [request.node, request.fence]);
    const refusal = this.refusalOf(request, Number(rows[0]?.fence));
    const { rowCount } = await tx.query(KEEP, [
      ...[request.request, request.node, request.fence, new Date(request.at)],
      ...[JSON.stringify(request.changes), refusal === undefined ? null : JSON.stringify(refusal)],
    ]);
    const answer = rowCount === 0 ? await answerTo(tx, request.request) : refusal;
    if (answer !== undefined) await outbox.add(tx, [outgoing(limitAnswered, answer)]);
    else await tx.query(NOTIFY, [request.node]);
  }

  private refusalOf(request: LimitRequest, highest: number): LimitAnswer | undefined {
    if (request.fence >= highest) return undefined;
    const why = `a request with fence ${highest} came before it`;
    return refuseRequest(request, 'FENCE_OUTDATED', { why, at: this.parts.now() });
  }
}

/** Undefined while it is being applied. */
async function answerTo(tx: Transaction, request: string): Promise<LimitAnswer | undefined> {
  const { rows } = await tx.query<{ answer: LimitAnswer | null }>(
    'SELECT answer FROM limit_requests WHERE request = $1',
    [request],
  );
  return rows[0]?.answer ?? undefined;
}
