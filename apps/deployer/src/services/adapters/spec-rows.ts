import { canaryCount, serviceSpecChanged, type ServiceSpecChange, type SpecRevision } from '#libs/contracts';
import { jsonTime, type OutboxMessage, type Pool, type Transaction } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import type { ReachedBy } from '../../routes/domain/service-routes.js';
import { rolloutKey } from '../../task/domain/task.turns.js';
import type { SpecAuthor } from '../domain/spec-author.js';
import type { ServiceSpec } from '../domain/spec.js';
import type { SpecOf } from '../ports.js';

/** Older revisions of one service than this many are deleted. */
const REVISIONS_KEPT = 500;

/** A spec with who changed it, and why. */
export interface StoredSpec extends SpecAuthor {
  readonly appId: string;
  readonly appName: string;
  readonly service: string;
  readonly spec: ServiceSpec;
  readonly token: string;
  readonly changedAt: string;
}

/**
 * Writes the spec and its history. The caller holds the service's turn, so no other new replica writes it. Where an older
 * one made a revision meanwhile, this one gets the next, and is published anew (`publishSpecs`).
 */
export async function storeSpec(tx: Transaction, stored: StoredSpec): Promise<void> {
  const { appId, appName, service, spec, principal, verified, reason, token, changedAt } = stored;
  await tx.query(
    `WITH written AS (
       INSERT INTO specs AS known (app_id, service, app_name, revision, state, release_id, count, spec, principal,
                                   verified, reason, token, changed_at, published)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $4)
       ON CONFLICT (app_id, service) DO UPDATE
       -- A scaling knows the id of the application only.
       SET app_name = CASE excluded.app_name WHEN excluded.app_id THEN known.app_name ELSE excluded.app_name END,
           revision = greatest(known.revision + 1, excluded.revision),
           spec = jsonb_set(excluded.spec, '{revision}', to_jsonb(greatest(known.revision + 1, excluded.revision))),
           state = excluded.state, release_id = excluded.release_id, count = excluded.count,
           principal = excluded.principal, verified = excluded.verified, reason = excluded.reason,
           token = excluded.token, changed_at = excluded.changed_at, published = excluded.published
       RETURNING revision, spec),
     trimmed AS (
       DELETE FROM spec_history h USING written w
       WHERE h.app_id = $1 AND h.service = $2 AND h.revision <= w.revision - $14)
     INSERT INTO spec_history (app_id, service, revision, spec, principal, verified, reason, token, changed_at)
     SELECT $1, $2, revision, spec, $9, $10, $11, $12, $13 FROM written`,
    [
      ...[appId, service, appName, spec.revision, spec.state, spec.release, spec.count, spec],
      ...[principal, verified, reason, token, changedAt, REVISIONS_KEPT],
    ],
  );
}

/**
 * Writes who asked last for what is wanted already, so that an older task that ends later does not undo it: no revision,
 * and nothing is published. What was given up is tried again, as after any change that people ask for.
 */
export async function storeRepeat(
  tx: Transaction,
  { appId, service }: SpecOf,
  changes: ServiceSpec['changes'],
): Promise<void> {
  await tx.query(
    `WITH tried AS (DELETE FROM service_repairs WHERE app_id = $1 AND service = $2)
     UPDATE specs SET spec = jsonb_set(spec, '{changes}', $3) WHERE app_id = $1 AND service = $2`,
    [appId, service, changes],
  );
}

/** The published message of a spec. */
export const specMessage = ({ spec, ...stored }: StoredSpec): OutboxMessage => {
  const { revision, state, release, count, declaredCount, limits, canary, scaling } = spec;
  const { appId, appName, service, principal, verified, reason, token, changedAt } = stored;
  const change: ServiceSpecChange = {
    ...{ appId, appName, service, revision, state, release, count, declaredCount, limits, scaling },
    ...(canary && {
      canary: { release: canary.release, percent: canary.percent, count: canaryCount(spec) },
    }),
    ...{ principal, verified, reason, token, changedAt },
  };
  return outgoing(serviceSpecChanged, change);
};

interface SpecRow {
  readonly spec: ServiceSpec | null;
  readonly arrival: string | null;
  readonly routes: ReachedBy | null;
}

/** The spec and the routes that a task finds, and the task's place in the order of arrival. */
export async function specForTask(db: Pool | Transaction, taskId: string, of: SpecOf) {
  const { rows } = await db.query<SpecRow>(
    `SELECT t.arrival, s.spec, r.state AS routes FROM tasks t
     LEFT JOIN specs s ON s.app_id = $2 AND s.service = $3
     LEFT JOIN service_routes r ON r.app_id = $2 AND r.service = $3 WHERE t.id = $1`,
    [taskId, of.appId, of.service],
  );
  const [row] = rows;
  const { routes, declared, setBy } = row?.routes ?? {};
  return {
    spec: row?.spec ?? undefined,
    arrival: Number(row?.arrival ?? 0),
    ...(routes && declared && setBy && { routes: { routes, declared, setBy } }),
  };
}

const REVISION = `json_build_object('revision', revision, 'spec', spec, 'principal', principal, 'verified', verified,
  'reason', reason, 'token', token, 'changedAt', ${jsonTime('changed_at')})`;

/** Whether a later request of an autoscaler waits behind the one that has the turn of the service. */
export async function isOvertaken(db: Pool | Transaction, of: SpecOf): Promise<boolean> {
  const { rows } = await db.query<{ isOvertaken: boolean }>(
    `SELECT EXISTS (SELECT FROM work w JOIN tasks t ON t.id = w.id JOIN requests r ON r.token = t.token
                    WHERE w.key = $1 AND w.state = 'queued' AND r.request ? 'fence') AS "isOvertaken"`,
    [rolloutKey(of)],
  );
  return rows[0]?.isOvertaken === true;
}

/** The revisions of a spec, the newest first. Empty for a service of which nothing was ever wanted. */
export async function specHistory(
  pool: Pool,
  { appId, service }: SpecOf,
  most: number,
): Promise<SpecRevision[]> {
  const { rows } = await pool.query<{ item: SpecRevision }>(
    `SELECT ${REVISION} AS item FROM spec_history WHERE app_id = $1 AND service = $2 ORDER BY revision DESC LIMIT $3`,
    [appId, service, most],
  );
  return rows.map(({ item }) => item);
}
