import { type LimitAnswer, type LimitDecision, limitRequested } from '#libs/contracts';
import type { Placed } from '#libs/http';
import { jsonTime, type Outbox, type Pool, transaction } from '#libs/postgres';
import { outgoing, type OldRows } from '#libs/runtime';
import type { Asked, HeldDecision, RescalingRecord } from '../../rescaling/ports.js';
import type { LimitedResource } from '../../structures/domain/structure.js';
import { LIMITED, knownLimits, SHOWN, shownAmount, wantedLimits } from '../../structures/domain/units.js';
import type { Explanation } from '../../structures/domain/wish.js';
import { limitReasonText } from '../../structures/domain/words.js';
import type { DecisionFilter, DecisionView } from '../ports.js';

const DAY_MS = 86_400_000;

export const oldDecisions =
  (days: number): OldRows =>
  () => ({
    ...{ table: 'decisions', column: 'until', keepMs: days * DAY_MS },
  });

interface Parts {
  readonly pool: Pool;
  readonly outbox: Outbox;
  /** As of the leases. */
  readonly holder: string;
}

/** Amounts in the database are whole. */
const whole = (value: number): number => Math.round(value);

export class PostgresDecisions implements RescalingRecord {
  constructor(private readonly parts: Parts) {}

  /** The row of the lease is locked until the end, so nobody takes it over between the check and the request. */
  async ask(asked: Asked): Promise<boolean> {
    const { pool, outbox, holder } = this.parts;
    const { host, fence, request, at, changes } = asked;
    return transaction(pool, async (tx) => {
      const { rowCount } = await tx.query(
        `SELECT FROM host_leases WHERE host = $1 AND holder = $2 AND fence = $3 AND until > now() FOR SHARE`,
        [host, holder, fence],
      );
      if (rowCount !== 1) return false;
      const rows = changes.flatMap(({ container, owner, because }) =>
        because.map((explanation) => ({
          ...{ container, resource: explanation.resource, decided_at: new Date(at), until: new Date(at) },
          ...{ reason: explanation.constraint, times: 1, host, fence, explanation, request },
          ...{ app_id: owner?.appId ?? null, service: owner?.service ?? null },
          ...{ from_value: whole(explanation.current), to_value: whole(explanation.target) },
        })),
      );
      if (rows.length > 0)
        await tx.query(
          `INSERT INTO decisions SELECT * FROM json_populate_recordset(NULL::decisions, $1) ON CONFLICT DO NOTHING`,
          [JSON.stringify(rows)],
        );
      const message = {
        ...{ request, node: host, fence, at: new Date(at).toISOString() },
        changes: changes.map(({ container, isInstance, limits }) => ({
          ...(isInstance ? { instance: container } : { container }),
          limits: wantedLimits(limits),
        })),
      };
      await outbox.add(tx, [outgoing(limitRequested, message)]);
      return true;
    });
  }

  async holds(held: readonly HeldDecision[]): Promise<void> {
    const rows = held.map(({ host, fence, container, owner, hold: { because, since, until, times } }) => ({
      ...{ container, resource: because.resource, decided_at: new Date(since), until: new Date(until) },
      ...{ reason: because.constraint, times, host, fence, explanation: because },
      ...{ app_id: owner?.appId ?? null, service: owner?.service ?? null },
      // Nothing changed: what the policy would have is in the explanation.
      ...{ from_value: whole(because.current), to_value: whole(because.current) },
    }));
    await this.parts.pool.query(
      `INSERT INTO decisions SELECT * FROM json_populate_recordset(NULL::decisions, $1)
       ON CONFLICT (container, resource, decided_at, reason) DO UPDATE
         SET until = EXCLUDED.until, times = EXCLUDED.times, explanation = EXCLUDED.explanation,
             from_value = EXCLUDED.from_value, to_value = EXCLUDED.to_value`,
      [JSON.stringify(rows)],
    );
  }

  /** Idempotent: an answer that comes again says the same. */
  async answered({ request, changes }: LimitAnswer): Promise<void> {
    const answers = changes.map(({ instance, container, applied, refused }) => ({
      container: instance ?? container ?? '',
      answer: { ...(applied && { applied: knownLimits(applied) }), ...(refused && { refused }) },
    }));
    await this.parts.pool.query(
      `UPDATE decisions SET answer = given.answer
       FROM json_to_recordset($2) AS given (container text, answer jsonb)
       WHERE decisions.request = $1 AND decisions.container = given.container`,
      [request, JSON.stringify(answers)],
    );
  }
}

interface Row {
  readonly container: string;
  readonly host: string;
  readonly resource: LimitedResource;
  readonly at: string;
  readonly until: string;
  readonly times: number;
  readonly from: number;
  readonly to: number;
  readonly fence: number;
  readonly explanation: Explanation;
  readonly request: string | null;
  readonly answer: {
    readonly applied?: Readonly<Record<string, number | string | null>>;
    readonly refused?: readonly { readonly limit: string; readonly code: string; readonly why: string }[];
  } | null;
}

const OUTCOMES: Readonly<Record<NonNullable<DecisionFilter['outcome']>, string>> = {
  up: 'to_value > from_value',
  down: 'to_value < from_value',
  held: 'request IS NULL',
  refused: `answer -> 'refused' @> jsonb_build_array(jsonb_build_object('limit', resource))`,
};

export class PostgresDecisionView implements DecisionView {
  constructor(private readonly pool: Pool) {}

  async decisions(
    { appId, service }: { readonly appId: string; readonly service: string },
    { outcome, name }: DecisionFilter,
    most: number,
    [at, container, resource, reason]: readonly string[] = [],
  ): Promise<readonly Placed<LimitDecision>[]> {
    const ofResource = LIMITED.find((one) => SHOWN[one] === name);
    const { rows } = await this.pool.query<Row & { readonly reason: string }>(
      `SELECT container, host, resource, ${jsonTime('decided_at')} AS at, ${jsonTime('until')} AS until, times,
         from_value::float8 AS "from", to_value::float8 AS "to", fence::float8 AS fence, explanation, request, answer,
         reason
       FROM decisions
       WHERE app_id = $1 AND service = $2 AND ($3::text IS NULL OR resource = $3)
         AND ($4::timestamptz IS NULL
              OR (decided_at, container, resource, reason) < ($4, $5::text, $6::text, $7::text))
         AND ${outcome === undefined ? 'true' : OUTCOMES[outcome]}
       ORDER BY decided_at DESC, container DESC, resource DESC, reason DESC LIMIT $8`,
      [appId, service, ofResource, at, container, resource, reason, most],
    );
    return rows.map((row) => ({
      item: shown(row),
      place: [row.at, row.container, row.resource, row.reason],
    }));
  }
}

function shown({ resource, explanation, answer, request, from, to, ...row }: Row): LimitDecision {
  const amount = (value: number): number => shownAmount(resource, value);
  const { container, host, at, until, times, fence } = row;
  const { policy, constraint, raw, usage, bounds, by } = explanation;
  const applied = answer?.applied?.[resource];
  const refused = answer?.refused?.find(({ limit }) => limit === resource);
  return {
    ...{ container, host, limit: SHOWN[resource], at, until, times, from: amount(from), to: amount(to) },
    ...{ policy, constraint, text: limitReasonText(explanation), raw: amount(raw), fence },
    bounds: { min: amount(bounds.min), max: amount(bounds.max) },
    ...(usage !== undefined && { usage: amount(usage) }),
    ...(by !== undefined && { by }),
    ...(request !== null && { request }),
    ...(typeof applied === 'number' && { applied: amount(applied) }),
    ...(refused && { refused: { code: refused.code, why: refused.why } }),
  };
}
