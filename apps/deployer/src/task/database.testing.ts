import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { appTables } from '#libs/app-roles';
import { messagingTables, migrate, type MigrationSet, type Pool } from '#libs/postgres';
import { createTestDatabase, type TestDatabase } from '#libs/testing';

const allTables = [messagingTables, ...appTables.deployer.migrations];

/** For tests: a database of its own with the deployer's tables, in the schema `test`. */
export function createDeployerDatabase(): Promise<TestDatabase> {
  return createTestDatabase({ sets: allTables });
}

/** The last files of the version before specs: a replica of it goes on beside new ones for a while. */
const LAST_BEFORE_SPECS: Readonly<Record<string, string>> = { work: '0002', deployer: '0011' };

/** For tests: the deployer's tables as the version before specs left them. */
export async function migrateToBeforeSpecs(pool: Pool, schema: string): Promise<void> {
  const copies = await mkdtemp(join(tmpdir(), 'slipway-migrations-'));
  const older = async ({ name, directory }: MigrationSet): Promise<MigrationSet> => {
    const last = LAST_BEFORE_SPECS[name];
    const filter = (path: string): boolean =>
      !path.endsWith('.sql') || last === undefined || basename(path).slice(0, last.length) <= last;
    await cp(directory, join(copies, name), { recursive: true, filter });
    return { name, directory: join(copies, name) };
  };
  await migrate(pool, { schema, sets: await Promise.all(allTables.map(older)) });
  await rm(copies, { recursive: true });
}

/** What a replica of this version does at its start. */
export const migrateToNow = (pool: Pool, schema: string): Promise<void> =>
  migrate(pool, { schema, sets: allTables });
