import pg from 'pg';

export type Pool = pg.Pool;
export type Transaction = Pick<pg.PoolClient, 'query'>;

export interface PoolOptions {
  readonly url: string;
  /** First on the search path, so that SQL names tables plainly. */
  readonly schema: string;
  readonly applicationName: string;
  readonly max?: number;
  /** Told of a connection that broke while idle; the pool replaces it. */
  readonly onIdleError?: (error: Error) => void;
}

/** A pool whose connections see `schema` first. */
export function createPool({ url, schema, applicationName, max = 10, onIdleError }: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max,
    options: `-c search_path=${schema},public`,
  });
  // Without a listener one broken idle connection would end the process.
  pool.on('error', (error) => onIdleError?.(error));
  return pool;
}

/** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
export async function transaction<T>(pool: Pool, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollback: Error) => {
      broken = rollback;
    });
    throw error;
  } finally {
    // A connection that could not roll back must not be given to the next.
    client.release(broken);
  }
}
