import { randomBytes } from 'node:crypto';
import {
  problemText,
  scalingProblems,
  type ScalingPolicy,
  type ScaleRequest,
  type ServiceConfig,
  type ServiceScaling,
} from '#libs/contracts';
import { ApiError } from '#libs/http';
import { jsonTime, type Outbox, type Pool, together, transaction, type Transaction } from '#libs/postgres';
import type { Clock } from '../../task/ports.js';
import { countToAsk, scalingSetBy, withScaling } from '../domain/scaling.js';
import type { FieldChange, ServiceSpec } from '../domain/spec.js';
import type { ScalingAuthor, ScalingRecord, SpecOf, UnlessSeen } from '../ports.js';
import { unknownService } from '../unknown-service.http.js';
import { specMessage, storeRepeat, storeSpec } from './spec-rows.js';

type AskedCount = Required<Pick<ScaleRequest, 'token' | 'appId' | 'service' | 'to' | 'reason'>>;

interface ScalingParts {
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** Takes in a request for a count, in a transaction of the caller. */
  readonly ask: (tx: Transaction, request: AskedCount, principal: string) => Promise<unknown>;
}

interface SpecRow {
  readonly spec: ServiceSpec;
  readonly appName: string;
  /** Null of a service whose first deployment failed. */
  readonly config: ServiceConfig | null;
  readonly history: ServiceScaling['history'];
}

const MOST_SHOWN = 20;

const CHANGE = `json_strip_nulls(json_build_object('revision', h.revision, 'at', ${jsonTime('h.changed_at')},
  'change', h.spec #>> '{changes,scaling,by}', 'principal', h.principal, 'verified', h.verified, 'reason', h.reason,
  'token', h.token, 'policy', h.spec -> 'scaling'))`;

/** With the revisions in which the policy was changed, the newest first. */
const SHOWN = `SELECT s.spec, s.app_name AS "appName", l.release -> 'config' AS config,
    coalesce((SELECT json_agg(change) FROM (
      SELECT ${CHANGE} AS change FROM spec_history h
      WHERE h.app_id = s.app_id AND h.service = s.service AND h.token = h.spec #>> '{changes,scaling,token}'
      ORDER BY h.revision DESC LIMIT ${MOST_SHOWN}) latest), '[]') AS history
  FROM specs s LEFT JOIN releases l ON l.id = s.release_id WHERE s.app_id = $1 AND s.service = $2`;

/** Policies in Postgres: a part of the spec, which is changed beside the tasks of the service. */
export class PostgresScaling implements ScalingRecord {
  constructor(private readonly parts: ScalingParts) {}

  async of(of: SpecOf): Promise<ServiceScaling | undefined> {
    const { rows } = await this.parts.pool.query<SpecRow>(SHOWN, [of.appId, of.service]);
    return rows[0] && shown(of, rows[0]);
  }

  set(of: SpecOf, policy: ScalingPolicy, by: ScalingAuthor, unless: UnlessSeen): Promise<ServiceScaling> {
    return this.change(of, by, unless, (row) => {
      const problems = row.config === null ? [] : scalingProblems({ ...row.config, scaling: policy });
      if (problems.length > 0) throw unfit(of, problemText(problems, 'the policy'));
      return { policy, cause: 'scaling' };
    });
  }

  takeBack(of: SpecOf, by: ScalingAuthor, unless: UnlessSeen): Promise<ServiceScaling> {
    return this.change(of, by, unless, ({ spec }) => ({
      ...{ policy: spec.declaredScaling, cause: 'scaling reset' },
    }));
  }

  private change(
    of: SpecOf,
    by: ScalingAuthor,
    unless: UnlessSeen,
    wanted: (row: SpecRow) => { readonly policy?: ScalingPolicy; readonly cause: string },
  ): Promise<ServiceScaling> {
    return transaction(this.parts.pool, async (tx) => {
      const before = await heldRow(tx, of);
      unless(shown(of, before));
      const { policy, cause } = wanted(before);
      const change = { ...(await this.stamp(tx)), by: cause };
      const spec = withScaling(before.spec, policy, change);
      if (spec.revision === before.spec.revision) await storeRepeat(tx, of, spec.changes);
      else await this.store(tx, { ...of, appName: before.appName, spec }, change, by);
      return shown(of, await heldRow(tx, of));
    });
  }

  /** Its place among the tasks: one that arrived before does not undo it. */
  private async stamp(tx: Transaction): Promise<Omit<FieldChange, 'by'>> {
    const { rows } = await tx.query<{ arrival: string }>(`SELECT nextval('task_arrivals') AS arrival`);
    return {
      arrival: Number(rows[0]?.arrival),
      at: this.parts.clock.now().toISOString(),
      token: `scaling-${randomBytes(8).toString('hex')}`,
    };
  }

  private async store(
    tx: Transaction,
    { appId, service, appName, spec }: SpecOf & { readonly appName: string; readonly spec: ServiceSpec },
    { token, at }: FieldChange,
    { principal, reason }: ScalingAuthor,
  ): Promise<void> {
    const stored = { appId, appName, service, spec, token, changedAt: at, principal, verified: true, reason };
    await together(storeSpec(tx, stored), this.parts.outbox.add(tx, [specMessage(stored)]));
    const to = countToAsk(spec, at);
    if (to === undefined) return;
    const why = 'the policy of scaling has other bounds';
    await this.parts.ask(tx, { token: `${token}-count`, appId, service, to, reason: why }, principal);
  }
}

/** Holds the row of the spec. Throws SERVICE_UNKNOWN. */
async function heldRow(tx: Transaction, of: SpecOf): Promise<SpecRow> {
  const { rows } = await tx.query<SpecRow>(`${SHOWN} FOR UPDATE OF s`, [of.appId, of.service]);
  const [row] = rows;
  if (row === undefined) throw unknownService(of);
  return row;
}

const shown = ({ appId, service }: SpecOf, { spec, history }: SpecRow): ServiceScaling => ({
  ...{ appId, service, setBy: scalingSetBy(spec), history },
  ...(spec.scaling !== undefined && { policy: spec.scaling }),
  ...(spec.declaredScaling !== undefined && { declared: spec.declaredScaling }),
});

const unfit = ({ appId, service }: SpecOf, problems: string): ApiError =>
  new ApiError({
    status: 400,
    code: 'INPUT_INVALID',
    message: `The policy does not go with ${appId}/${service}: ${problems}`,
    hint: 'Correct the named fields. What the service has is in its config.json.',
  });
