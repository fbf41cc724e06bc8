import { type AppName, appSchemas, appTables, databaseVariable } from '#libs/app-roles';
import { createPool, messagingTables, migrate, type Pool } from '#libs/postgres';
import type { TestDatabase } from './database.js';

/** A pool under the app's own role; it sees the app's schema first. The database must have been made with `roles`. */
export function appPool({ appUrls }: TestDatabase, app: AppName): Pool {
  const url = String(appUrls[databaseVariable(app)]);
  return createPool({ url, schema: appSchemas[app], applicationName: 'test' });
}

/** Brings the schema of an app up to date, as the app does at its start, over a pool that sees it first. */
export async function migrateApp(app: AppName, pool: Pool): Promise<void> {
  const { schema, migrations, publishes } = appTables[app];
  await migrate(pool, { schema, sets: [messagingTables, ...migrations], publishes });
}
