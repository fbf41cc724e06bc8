import type { Listener, Pool } from '#libs/postgres';
import { type BareOptions, type BareRuntime, openBareRuntime } from './bare-runtime.js';
import { inTurn } from './in-turn.js';
import { type Database, type DatabaseOptions, openDatabase } from './open-database.js';

/** What an app with a database stands on. */
export interface DatabaseRuntime extends BareRuntime {
  /** For statements and transactions. Through a pooler, the next one may reach another session. */
  readonly pool: Pool;
  /** Whose connections keep their sessions, for session locks. */
  readonly sessions: Pool;
  readonly listener: Listener;
  /** The same for all replicas, whatever is done to the clocks of their machines. */
  readonly clock: { now(): Date };
}

/** For an app that handles no messages. Brings its schema up to date. */
export async function openDatabaseRuntime(options: BareOptions & DatabaseOptions): Promise<DatabaseRuntime> {
  const bare = await openBareRuntime(options);
  try {
    const database = await addDatabase(bare, options);
    return { ...database, close: () => inTurn([() => database.close(), () => bare.close()]) };
  } catch (error) {
    await bare.close().catch(() => undefined);
    throw error;
  }
}

/** The same for an app that runs already, since it can do without its database for a while; `close` is of the database. */
export async function addDatabase(bare: BareRuntime, options: DatabaseOptions): Promise<DatabaseRuntime> {
  const database = await openDatabase(options, bare.logger);
  return { ...withDatabase(bare, database), close: () => database.close() };
}

/** Both; the app is ready while its database answers. */
export function withDatabase(
  bare: BareRuntime,
  { pool, sessions, listener, clock }: Database,
): Omit<DatabaseRuntime, 'close'> {
  bare.health.register('postgres', async () => void (await pool.query('SELECT 1')));
  return { ...bare, pool, sessions, listener, clock };
}
