import { type AppName, appSchemas, databaseVariable, registryReaders } from '#libs/app-roles';
import {
  createPool,
  eventTables,
  messagingTables,
  migrate,
  packagePath,
  type Pool,
  workTables,
} from '#libs/postgres';
import type { TestDatabase } from './database.js';

/** A pool under the app's own role; it sees the app's schema first. The database must have been made with `roles`. */
export function appPool({ appUrls }: TestDatabase, app: AppName): Pool {
  const url = String(appUrls[databaseVariable(app)]);
  return createPool({ url, schema: appSchemas[app], applicationName: 'test' });
}

/** Brings the schema of an app up to date, as the app does at its start, over a pool that sees it first. */
export async function migrateApp(app: AppName, pool: Pool): Promise<void> {
  const own = { name: app, directory: packagePath(`apps/${app}/migrations`) };
  const record = app === 'deployer' ? [eventTables, workTables] : [];
  const publishes = app === 'node-manager' ? registryReaders : {};
  await migrate(pool, { schema: appSchemas[app], sets: [messagingTables, ...record, own], publishes });
}
