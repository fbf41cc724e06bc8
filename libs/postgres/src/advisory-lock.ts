import { setTimeout as delay } from 'node:timers/promises';
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

/** Whoever ends waits no longer for a server that does not answer. */
const END_MS = 1_000;

/**
 * Gives the lock back and ends the session. The end of the session alone would end the lock a moment later, and nobody
 * could wait for that: whoever came within that moment would not get it.
 */
export async function endAdvisoryLock(session: PoolClient, name: string): Promise<void> {
  const unlocked = session
    .query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [name])
    .catch(() => undefined);
  await Promise.race([unlocked, delay(END_MS, undefined, { ref: false })]);
  session.release(true);
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
  let isLocked = false;
  try {
    isLocked = await tryAdvisoryLock(session, name);
    return isLocked ? await work() : undefined;
  } finally {
    if (isLocked) await endAdvisoryLock(session, name);
    else session.release(true);
  }
}
