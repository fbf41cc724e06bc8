import type {
  InstanceReport,
  RegistryInstance,
  RegistryServiceLine,
  ServiceSpecChange,
} from '#libs/contracts';
import { jsonTime, type Pool, type Retention, type Transaction } from '#libs/postgres';
import type { InstanceFilter, Registry } from '../ports.js';

/** Instances that ended. One is known for longer than any report of it may come again, which would bring it back. */
export const endedInstances = (keepMs: number): Retention => ({
  table: 'instance_records',
  column: 'reported_at',
  condition: `state IN ('stopped', 'failed')`,
  keepMs,
});

/** Removals that nobody asks for any more: whoever was away for so long reads the whole registry again. */
export const oldRemovals = (keepMs: number): Retention => ({
  table: 'change_records',
  column: 'removed_at',
  condition: 'removed_at IS NOT NULL',
  keepMs,
});

/** A JSON object a row: camel case; what a worker, or one that is not crashing, lacks is left out. */
const INSTANCE = `json_strip_nulls(json_build_object('instance', name, 'state', state, 'appId', app_id, 'appName', app_name,
  'service', service, 'release', release, 'image', image, 'node', node, 'ip', ip, 'port', port, 'url', url,
  'container', container, 'cpu', cpu, 'memoryMiB', memory_mib,
  'crashing', CASE WHEN crashing_since IS NOT NULL THEN
    json_build_object('restarts', restarts, 'since', ${jsonTime('crashing_since')}) END,
  'startedAt', ${jsonTime('started_at')}, 'reportedAt', ${jsonTime('reported_at')}))`;
const SERVICE = `json_build_object('appId', app_id, 'appName', app_name, 'service', service, 'release', release,
  'running', running, 'crashing', crashing, 'wanted', wanted, 'wantedRelease', wanted_release, 'wantedState', spec.state,
  'reportedAt', ${jsonTime('reported_at')})`;

/**
 * Writes a report down. A name is one container's for ever, so its state goes forward only: what has ended does not
 * run again, and a report that is older than what is known changes nothing.
 */
export async function recordReport(tx: Transaction, report: InstanceReport): Promise<void> {
  const { instance, state, resources, crashing, ...r } = report;
  await tx.query(
    `INSERT INTO instance_records AS known (name, state, app_id, app_name, service, release, image, node, ip, port, url,
       container, access_token, cpu, memory_mib, started_at, reported_at, restarts, crashing_since)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
     ON CONFLICT (name) DO UPDATE SET state = EXCLUDED.state, container = EXCLUDED.container,
       reported_at = EXCLUDED.reported_at, restarts = EXCLUDED.restarts, crashing_since = EXCLUDED.crashing_since
     WHERE known.state IN ('running', 'draining') AND known.reported_at <= EXCLUDED.reported_at`,
    [
      ...[instance, state, r.appId, r.appName, r.service, r.release, r.image, r.node, r.ip, r.port, r.url],
      ...[r.container, r.accessToken, resources.cpu, resources.memoryMiB, r.startedAt, r.reportedAt],
      ...[crashing?.restarts, crashing?.since],
    ],
  );
}

/** Writes down what is wanted of a service; an older revision than is known changes nothing. */
export async function recordSpec(tx: Transaction, spec: ServiceSpecChange): Promise<void> {
  const { appId, appName, service, revision, state, release, count, changedAt } = spec;
  await tx.query(
    `INSERT INTO spec_records AS known (app_id, service, app_name, revision, state, release, count, changed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (app_id, service) DO UPDATE SET revision = EXCLUDED.revision,
       app_name = CASE EXCLUDED.app_name WHEN EXCLUDED.app_id THEN known.app_name ELSE EXCLUDED.app_name END,
       state = EXCLUDED.state, release = EXCLUDED.release, count = EXCLUDED.count, changed_at = EXCLUDED.changed_at
     WHERE known.revision < EXCLUDED.revision`,
    [appId, service, appName, revision, state, release, count, changedAt],
  );
}

/** Reads what the registry's views hold, as the HTTP API answers it. */
export class PostgresRegistry implements Registry {
  constructor(private readonly pool: Pool) {}

  instances({ appId, service, state }: InstanceFilter): Promise<RegistryInstance[]> {
    return this.list(
      `SELECT ${INSTANCE} AS item FROM instances
       WHERE ($1::text IS NULL OR app_id = $1) AND ($2::text IS NULL OR service = $2) AND ($3::text IS NULL OR state = $3)
       ORDER BY app_id, service, started_at, name`,
      [appId, service, state],
    );
  }

  services({ appId }: InstanceFilter): Promise<RegistryServiceLine[]> {
    return this.list(
      `SELECT ${SERVICE} AS item
       FROM services LEFT JOIN (SELECT app_id, service, state FROM spec_records) spec USING (app_id, service)
       WHERE ($1::text IS NULL OR app_id = $1) ORDER BY app_id, service`,
      [appId],
    );
  }

  private async list<T>(sql: string, values: readonly (string | undefined)[]): Promise<T[]> {
    const { rows } = await this.pool.query<{ item: T }>(sql, [...values]);
    return rows.map((row) => row.item);
  }
}
