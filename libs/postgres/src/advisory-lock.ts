import type { PoolClient } from 'pg';
import type { Pool } from './pool.js';

/** Takes the lock of a name for this session, if no other has it. It ends with the session, however that ends. */
export async function tryAdvisoryLock(session: Pick<PoolClient, 'query'>, name: string): Promise<boolean> {
  const { rows } = await session.query<{ locked: boolean }>(
    'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
    [name],
  );
  return rows[0]?.locked === true;
}

/**
 * Runs `work` where nobody else on this database does so under the same name; undefined, and not run, where one does.
 * @param sessions a pool whose connections keep their sessions
 */
export async function withAdvisoryLock<T>(
  sessions: Pool,
  name: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const session = await sessions.connect();
  try {
    if (!(await tryAdvisoryLock(session, name))) return undefined;
    try {
      return await work();
    } finally {
      // The end of the session would end the lock too, but nobody could wait for that.
      await session
        .query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [name])
        .catch(() => undefined);
    }
  } finally {
    // A session that still has the lock must not go back to the pool.
    session.release(true);
  }
}
