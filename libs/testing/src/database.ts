import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { provisionAppRoles } from '#libs/app-roles';
import { createPool, migrate, type MigrationSet, type Pool } from '#libs/postgres';
import { requireEnv } from './environment.js';

export interface TestDatabase {
  /** Of the server's administrator. */
  readonly url: string;
  readonly schema: string;
  /** Of the administrator too; it sees the schema first. */
  readonly pool: Pool;
  /** The URL of each app's own role, by its variable; empty without `roles`. */
  readonly appUrls: Readonly<Record<string, string>>;
  /** Ends the pool and drops the database. */
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** A server on which databases may be created. */
  readonly adminUrl?: string;
  /** Migrated before it is handed over; none when left out. */
  readonly sets?: readonly MigrationSet[];
  /** Where the sets go; its pool sees it first. */
  readonly schema?: string;
  /** Connections of the pool, at most. */
  readonly max?: number;
  /** A role for each app, as installations have them: for tests that start whole apps. */
  readonly roles?: boolean;
}

/** A database of its own for one test file, on the server of DATABASE_URL when no other is given. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { adminUrl = requireEnv('DATABASE_URL'), sets = [], schema = 'test', max, roles = false } = options;
  const name = `test_${randomBytes(6).toString('hex')}`;
  await admin(adminUrl, `CREATE DATABASE ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const pool = createPool({ url: url.href, schema, applicationName: 'test', max });
  const made: string[] = [];
  const drop = async (): Promise<void> => {
    await pool.end();
    await admin(adminUrl, `DROP DATABASE ${name} WITH (FORCE)`, ...made.map((role) => `DROP ROLE ${role}`));
  };
  try {
    const provisioned = roles ? await provisionAppRoles({ adminUrl: url.href, prefix: `${name}_` }) : [];
    made.push(...provisioned.map(({ role }) => role));
    if (sets.length > 0) await migrate(pool, { schema, sets });
    const appUrls = Object.fromEntries(provisioned.map((role) => [role.variable, role.url ?? '']));
    return { url: url.href, schema, pool, appUrls, drop };
  } catch (error) {
    await drop();
    throw error;
  }
}

async function admin(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const sql of statements) await client.query(sql);
  } finally {
    await client.end();
  }
}
