import { scalesCount, type ScalingDecision, type ScalingStatus } from '#libs/contracts';
import type { Placed } from '#libs/http';
import type { Pool } from '#libs/postgres';
import { namingRegistry } from '#libs/registry-client';
import type { Explanation } from '../domain/decision.js';
import { boundsAt, type Policy } from '../domain/policy.js';
import { initialState } from '../domain/state.js';
import { waitsFor } from '../domain/waits.js';
import { reasonText } from '../domain/words.js';
import type { DecisionFilter, Kept, ScalingView, ServiceName } from '../ports.js';
import { countScales } from './registry-services.js';

interface DecisionRow extends ServiceName {
  readonly at: string;
  readonly until: string;
  readonly times: number;
  readonly from: number;
  readonly to: number;
  readonly fence: number;
  readonly explanation: Explanation;
  readonly token: string | null;
  readonly succeeded: boolean | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

interface StatusRow extends ServiceName {
  readonly appName: string;
  readonly wanted: number | null;
  readonly running: number;
  readonly scaling: Policy | null;
  readonly isDecided: boolean;
  readonly kept: Kept | null;
  readonly last: DecisionRow | null;
  readonly changed: DecisionRow | null;
}

/** As JSON, so that a row has one form wherever it is read. */
const DECISION = `json_build_object('appId', app_id, 'service', service, 'at', decided_at, 'until', until,
  'times', times, 'from', from_count, 'to', to_count, 'fence', fence, 'explanation', explanation, 'token', token,
  'succeeded', succeeded, 'error', error)`;

/** By the primary key, which begins with the service: the reasons of the last hour may still go on. */
const latest = (column: string, condition: string, order: string): string => `
  LEFT JOIN LATERAL (
    SELECT ${DECISION} AS ${column} FROM scaling_decisions
    WHERE app_id = known.app_id AND service = known.service ${condition}
    ORDER BY ${order} LIMIT 1) of_${column} ON true`;

const STATUS = `
  SELECT known.app_id AS "appId", known.app_name AS "appName", known.service, known.wanted, known.scaling,
    (SELECT count(*)::integer FROM registry.instances instance
     WHERE instance.app_id = known.app_id AND instance.service = known.service AND state = 'running') AS running,
    coalesce(lease.until > now(), false) AS "isDecided", lease.state AS kept, last, changed
  FROM registry.services known
  LEFT JOIN scaling_leases lease ON lease.app_id = known.app_id AND lease.service = known.service
  ${latest('last', '', 'until DESC, decided_at DESC')}
  ${latest('changed', 'AND from_count <> to_count', 'decided_at DESC')}`;

const outcomes: Readonly<Record<NonNullable<DecisionFilter['outcome']>, string>> = {
  out: 'to_count > from_count',
  in: 'to_count < from_count',
  unchanged: 'to_count = from_count',
  failed: 'succeeded = false',
};

interface Parts {
  readonly pool: Pool;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Reads what `PostgresScalingRecord` wrote, beside the registry. */
export class PostgresScalingView implements ScalingView {
  constructor(private readonly parts: Parts) {}

  async statuses(
    { appId }: { readonly appId?: string },
    most: number,
    [afterApp, afterService]: readonly string[] = [],
  ): Promise<readonly Placed<ScalingStatus>[]> {
    const rows = await this.read(
      `${countScales('known.scaling')} AND ($1::text IS NULL OR known.app_id = $1)
       AND ($2::text IS NULL OR (known.app_id, known.service) > ($2, $3::text))
       ORDER BY known.app_id, known.service LIMIT $4`,
      [appId, afterApp, afterService, most],
    );
    return rows.map((item) => ({ item, place: [item.appId, item.service] }));
  }

  async status({ appId, service }: ServiceName): Promise<ScalingStatus | undefined> {
    return (await this.read('known.app_id = $1 AND known.service = $2', [appId, service]))[0];
  }

  async decisions(
    { appId, service }: ServiceName,
    { outcome, constraint }: DecisionFilter,
    most: number,
    [at, reason]: readonly string[] = [],
  ): Promise<readonly Placed<ScalingDecision>[]> {
    const { rows } = await this.parts.pool.query<{ said: DecisionRow; reason: string }>(
      `SELECT ${DECISION} AS said, reason FROM scaling_decisions
       WHERE app_id = $1 AND service = $2 AND ($3::text IS NULL OR reason = $3)
         AND ($4::timestamptz IS NULL OR (decided_at, reason) < ($4, $5::text))
         AND ${outcome === undefined ? 'true' : outcomes[outcome]}
       ORDER BY decided_at DESC, reason DESC LIMIT $6`,
      [appId, service, constraint, at, reason, most],
    );
    return rows.map((row) => {
      const item = decisionOf(row.said);
      return { item, place: [item.at, row.reason] };
    });
  }

  private async read(condition: string, values: readonly unknown[]): Promise<readonly ScalingStatus[]> {
    const { pool, now } = this.parts;
    const { rows } = await namingRegistry(pool.query<StatusRow>(`${STATUS} WHERE ${condition}`, [...values]));
    return rows.map((row) => statusOf(row, now()));
  }
}

const timeOf = (time: string | number): string => new Date(time).toISOString();

function decisionOf({ explanation, token, succeeded, error, ...row }: DecisionRow): ScalingDecision {
  const { raw, constraint, by, bounds, ready, targets, isPanicking, expected } = explanation;
  return {
    ...{ ...row, at: timeOf(row.at), until: timeOf(row.until) },
    ...{ constraint, text: reasonText(explanation), raw, bounds: { ...bounds }, ready, isPanicking },
    targets: targets.map((target) => ({ ...target })),
    ...(by !== undefined && { by }),
    ...(expected !== undefined && { expected: { ...expected, at: timeOf(expected.at) } }),
    ...(token !== null && { token }),
    ...(succeeded !== null && { succeeded }),
    ...(error !== null && { error }),
  };
}

function statusOf({ wanted, scaling, kept, last, changed, ...row }: StatusRow, now: number): ScalingStatus {
  const waits = row.isDecided && scaling !== null ? waitOf(scaling, kept, last, now) : undefined;
  return {
    ...row,
    ...(wanted !== null && { wanted }),
    ...(scaling !== null && scalesCount(scaling) && { bounds: { ...boundsAt(scaling, now) } }),
    ...(last !== null && { last: decisionOf(last) }),
    ...(changed !== null && { changed: decisionOf(changed) }),
    ...(waits !== undefined && { waits }),
  };
}

function waitOf(
  policy: Policy,
  kept: Kept | null,
  last: DecisionRow | null,
  now: number,
): ScalingStatus['waits'] {
  if (last === null) return undefined;
  const { explanation } = last;
  const { state = initialState(explanation.count, now), asking = {} } = kept ?? {};
  const decidedAt = new Date(last.until).getTime();
  const wait = waitsFor({ policy, explanation, decidedAt, state, asking, now });
  if (wait === undefined) return undefined;
  const { until, ...said } = wait;
  return { ...said, ...(until !== undefined && { until: timeOf(until) }) };
}
