import pg from 'pg';
import { appSchemas, databaseVariable } from '#libs/app-roles';
import { createPool } from '#libs/postgres';
import { migrateApp } from '#libs/testing';
import { type Servers, startServers } from '../one-machine/servers.js';
import type { Report } from '../one-machine/set-up.js';
import { enrolRows, type NodeSize } from './nodes.js';

/** Kafka and PostgreSQL with nodes that are enrolled, for load balancers. */
export interface PlacementInstallation extends Servers {
  /** As the administrator. */
  readonly database: pg.Pool;
}

/** It ends with `stops`. */
export async function startInstallation(
  stops: AsyncDisposableStack,
  nodes: readonly NodeSize[],
  report: Report,
): Promise<PlacementInstallation> {
  const { env, ledger } = await startServers(stops, report);
  const database = new pg.Pool({ connectionString: env['DATABASE_URL'] });
  // A connection that breaks while it is idle is replaced.
  database.on('error', () => undefined);
  stops.defer(() => database.end());
  const url = String(env[databaseVariable('node-manager')]);
  const registry = createPool({ url, schema: appSchemas['node-manager'], applicationName: 'enrol' });
  await migrateApp('node-manager', registry).finally(() => registry.end());
  await enrolRows(database, env['SLIPWAY_NODE_KEY'], nodes);
  return { env, ledger, database };
}
