import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createPool, migrate, type MigrationSet } from '#libs/postgres';
import { requireEnv } from './environment.js';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** A server on which databases may be created. */
  readonly adminUrl?: string;
  /** Migrated before it is handed over; none when left out. */
  readonly sets?: readonly MigrationSet[];
  /** Where the sets go. */
  readonly schema?: string;
}

/** A database of its own for one test file, on the server of DATABASE_URL when no other is given. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { adminUrl = requireEnv('DATABASE_URL'), sets = [], schema = 'test' } = options;
  const name = `test_${randomBytes(6).toString('hex')}`;
  await admin(adminUrl, `CREATE DATABASE ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const drop = (): Promise<void> => admin(adminUrl, `DROP DATABASE ${name} WITH (FORCE)`);
  if (sets.length === 0) return { url: url.href, drop };
  const pool = createPool({ url: url.href, schema, applicationName: 'test-database', max: 1 });
  try {
    await migrate(pool, { schema, sets });
  } catch (error) {
    await pool.end();
    await drop();
    throw error;
  }
  await pool.end();
  return { url: url.href, drop };
}

async function admin(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
