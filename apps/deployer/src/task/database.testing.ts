import { createPool, eventTables, workTables, type Pool } from '#libs/postgres';
import { createTestDatabase } from '#libs/testing';
import { deployerTables } from './storage.wire.js';

export interface DeployerDatabase {
  readonly url: string;
  readonly schema: string;
  readonly pool: Pool;
  /** Ends the pool and drops the database. */
  close(): Promise<void>;
}

/** For tests: a database of its own with the deployer's tables. */
export async function createDeployerDatabase(): Promise<DeployerDatabase> {
  const schema = 'test';
  const database = await createTestDatabase({ schema, sets: [eventTables, workTables, deployerTables] });
  const pool = createPool({ url: database.url, schema, applicationName: 'test' });
  const close = async (): Promise<void> => {
    await pool.end();
    await database.drop();
  };
  return { url: database.url, schema, pool, close };
}
