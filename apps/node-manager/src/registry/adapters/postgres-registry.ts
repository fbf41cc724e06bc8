import type {
  InstanceEvent,
  InstanceReport,
  RegistryInstance,
  RegistryServiceLine,
  ServiceDetails,
  ServiceRoutesChange,
  ServiceSpecChange,
} from '#libs/contracts';
import type { Placed } from '#libs/http';
import { jsonTime, type Pool, type Retention, type Transaction, whereEqual } from '#libs/postgres';
import {
  INSTANCE_COLUMNS,
  readServices,
  readSnapshot,
  type RegistryInstance as InstanceOfView,
} from '#libs/registry-client';
import { instanceLine, serviceLine } from './lines.js';
import type { EventFilter, InstanceFilter, InstancePlace, OfService, Registry } from '../ports.js';

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

/** What happened long ago. Of an instance that is known still, all stays but its crashes: they have no bound. */
export const oldInstanceEvents = (keepMs: number): Retention => ({
  table: 'instance_event_records',
  column: 'at',
  condition: `(event IN ('crashing', 'recovered') OR NOT EXISTS (
    SELECT FROM instance_records WHERE name = instance_event_records.instance))`,
  keepMs,
});

/**
 * Writes a report down. A name is one container's for ever, so its state goes forward only: what has ended does not
 * run again, and a report that is older than what is known changes nothing.
 */
export async function recordReport(tx: Transaction, report: InstanceReport): Promise<void> {
  const { instance, state, resources, crashing, restarted, ...r } = report;
  await tx.query(
    `INSERT INTO instance_records AS known (name, state, app_id, app_name, service, release, image, node, ip, port, url,
       container, access_token, cpu, memory_mib, started_at, reported_at, restarts, crashing_since, state_reason, state_since)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $17)
     ON CONFLICT (name) DO UPDATE SET state = EXCLUDED.state, container = EXCLUDED.container,
       reported_at = EXCLUDED.reported_at, restarts = EXCLUDED.restarts, crashing_since = EXCLUDED.crashing_since,
       state_reason = CASE WHEN known.state = EXCLUDED.state THEN coalesce(EXCLUDED.state_reason, known.state_reason)
                           ELSE EXCLUDED.state_reason END,
       state_since = CASE WHEN known.state = EXCLUDED.state THEN known.state_since ELSE EXCLUDED.state_since END
     WHERE known.state IN ('running', 'draining') AND known.reported_at <= EXCLUDED.reported_at`,
    [
      ...[instance, state, r.appId, r.appName, r.service, r.release, r.image, r.node, r.ip, r.port, r.url],
      ...[r.container, r.accessToken, resources.cpu, resources.memoryMiB, r.startedAt, r.reportedAt],
      ...[crashing?.restarts, crashing?.since, r.reason],
    ],
  );
  if (restarted !== undefined) await recordRestart(tx, instance, restarted.at);
}

/** Once, however often it is reported; of an instance that is known. */
async function recordRestart(tx: Transaction, instance: string, at: string): Promise<void> {
  await tx.query(
    `INSERT INTO instance_event_records (instance, app_id, service, release, node, at, event)
     SELECT name, app_id, service, release, node, $2, 'restarted' FROM instance_records
     WHERE name = $1 AND NOT EXISTS (
       SELECT FROM instance_event_records WHERE instance = $1 AND event = 'restarted' AND at = $2)`,
    [instance, at],
  );
}

/** Writes down what is wanted of a service; an older revision than is known changes nothing. */
export async function recordSpec(tx: Transaction, spec: ServiceSpecChange): Promise<void> {
  const { appId, appName, service, revision, state, release, count, scaling, changedAt, canary } = spec;
  await tx.query(
    `WITH canary AS (
       INSERT INTO canary_records AS known (app_id, service, revision, canary)
       SELECT $1::text, $2::text, $4::integer, $10::jsonb WHERE $10::jsonb IS NOT NULL
       ON CONFLICT (app_id, service) DO UPDATE SET revision = EXCLUDED.revision, canary = EXCLUDED.canary
       WHERE known.revision < EXCLUDED.revision)
     INSERT INTO spec_records AS known (app_id, service, app_name, revision, state, release, count, changed_at, scaling)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (app_id, service) DO UPDATE SET revision = EXCLUDED.revision,
       app_name = CASE EXCLUDED.app_name WHEN EXCLUDED.app_id THEN known.app_name ELSE EXCLUDED.app_name END,
       state = EXCLUDED.state, release = EXCLUDED.release, count = EXCLUDED.count, changed_at = EXCLUDED.changed_at,
       scaling = EXCLUDED.scaling
     WHERE known.revision < EXCLUDED.revision`,
    [appId, service, appName, revision, state, release, count, changedAt, scaling, canary],
  );
}

/** Writes down how a service is reached; an older revision than is known changes nothing. */
export async function recordRoutes(tx: Transaction, change: ServiceRoutesChange): Promise<void> {
  const { appId, service, revision, routes, traffic, changedAt } = change;
  await tx.query(
    `INSERT INTO route_records AS known (app_id, service, revision, routes, traffic, changed_at)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (app_id, service) DO UPDATE SET revision = EXCLUDED.revision, routes = EXCLUDED.routes,
       traffic = EXCLUDED.traffic, changed_at = EXCLUDED.changed_at
     WHERE known.revision < EXCLUDED.revision`,
    [appId, service, revision, JSON.stringify(routes), traffic, changedAt],
  );
}

const EVENT = `json_strip_nulls(json_build_object('instance', instance, 'at', ${jsonTime('at')}, 'event', event,
  'reason', reason, 'appId', app_id, 'service', service, 'release', release, 'node', node))`;

interface InstanceRow extends InstanceOfView {
  readonly startMicros: string;
}

/** A Date would cut it to milliseconds. */
const START_MICROS = `trunc(extract(epoch FROM started_at) * 1000000)::text AS "startMicros"`;

/** Reads what the registry's views hold, as the HTTP API answers it. */
export class PostgresRegistry implements Registry {
  constructor(private readonly pool: Pool) {}

  async instances(
    { appId, service, node, state, release }: InstanceFilter,
    most: number,
    after?: InstancePlace,
  ): Promise<readonly Placed<RegistryInstance>[]> {
    const { sql, values } = whereEqual({ app_id: appId, service, node, state, release });
    const [limit, app, name, start, last] = [1, 2, 3, 4, 5].map((n) => `$${values.length + n}`);
    const behind = `AND (app_id, service, started_at, name) >
      (${app}, ${name}, timestamptz 'epoch' + ${start}::bigint * interval '1 microsecond', ${last})`;
    const { rows: found } = await this.pool.query<InstanceRow>(
      `SELECT ${INSTANCE_COLUMNS}, ${START_MICROS} FROM instances WHERE ${sql} ${after === undefined ? '' : behind}
       ORDER BY app_id, service, started_at, name LIMIT ${limit}`,
      [...values, most, ...(after ?? [])],
    );
    return found.map(({ startMicros, ...row }) => ({
      item: instanceLine(row),
      place: [row.appId, row.service, startMicros, row.name],
    }));
  }

  async services({ appId, service }: Partial<OfService>): Promise<RegistryServiceLine[]> {
    return (await readServices(this.pool, { appId, service })).map(serviceLine);
  }

  async service(of: OfService): Promise<ServiceDetails | undefined> {
    const { services, instances } = await readSnapshot(this.pool, { ...of, isLive: true });
    const [found] = services;
    return found && { ...serviceLine(found), instances: instances.map(instanceLine) };
  }

  async events(
    { appId, service, node, instance }: EventFilter,
    most: number,
    before?: string,
  ): Promise<readonly Placed<InstanceEvent>[]> {
    const { sql, values } = whereEqual({ app_id: appId, service, node, instance });
    const [limit, id] = [1, 2].map((n) => `$${values.length + n}`);
    const earlier = before === undefined ? '' : `AND id < ${id}`;
    const { rows: found } = await this.pool.query<Placed<InstanceEvent>>(
      `SELECT ${EVENT} AS item, json_build_array(id::text) AS place FROM instance_events
       WHERE ${sql} ${earlier} ORDER BY id DESC LIMIT ${limit}`,
      [...values, most, ...(before === undefined ? [] : [before])],
    );
    return found;
  }
}
