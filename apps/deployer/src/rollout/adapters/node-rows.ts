import type { AssignedNode, NodeAnswer } from '#libs/contracts';
import type { Pool, Transaction } from '#libs/postgres';

/** The SQL of node requests and of logins of nodes, one named function each. */

export async function insertNodeRequest(tx: Transaction, accessToken: string, taskId: string): Promise<void> {
  await tx.query('INSERT INTO node_requests (access_token, task_id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    accessToken,
    taskId,
  ]);
}

export async function nodeAnswers(db: Pool, accessTokens: readonly string[]): Promise<readonly NodeAnswer[]> {
  const { rows } = await db.query<{ answer: NodeAnswer }>(
    'SELECT answer FROM node_requests WHERE access_token = ANY($1) AND answer IS NOT NULL ORDER BY access_token',
    [accessTokens],
  );
  return rows.map(({ answer }) => answer);
}

/** Locks the node requests, so that an answer is either seen here or finds its task parked. */
export async function someNodeAnswered(tx: Transaction, accessTokens: readonly string[]): Promise<boolean> {
  if (accessTokens.length === 0) return false;
  const { rows } = await tx.query<{ answered: boolean }>(
    `SELECT answer IS NOT NULL AS answered FROM node_requests WHERE access_token = ANY($1)
     ORDER BY access_token FOR UPDATE`,
    [accessTokens],
  );
  return rows.some(({ answered }) => answered);
}

/** Not answered, and its task has not ended. */
export async function isNodeAwaited(db: Pool, accessToken: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM node_requests n JOIN tasks t ON t.id = n.task_id
     WHERE n.access_token = $1 AND n.answer IS NULL AND t.result IS NULL`,
    [accessToken],
  );
  return rowCount === 1;
}

/** Stores the first answer to an access token. Gives the task that asked, where this answer was the first. */
export async function storeNodeAnswer(tx: Transaction, answer: NodeAnswer): Promise<string | undefined> {
  const kept = { ...answer, node: answer.node && { ...answer.node, sealedLogin: '' } };
  const { rows } = await tx.query<{ task_id: string }>(
    'UPDATE node_requests SET answer = $2 WHERE access_token = $1 AND answer IS NULL RETURNING task_id',
    [answer.accessToken, kept],
  );
  return rows[0]?.task_id;
}

/**
 * One that is known already is not touched: its row would stay locked until the transaction ends, and two that store
 * several answers each would wait for each other.
 */
export async function upsertNodeLogin(tx: Transaction, node: AssignedNode): Promise<void> {
  await tx.query(
    `INSERT INTO node_logins (node, login)
     SELECT $1, $2::jsonb
     WHERE NOT EXISTS (SELECT FROM node_logins
                       WHERE node = $1 AND login - '{port,score}'::text[] = $2::jsonb - '{port,score}'::text[])
     ON CONFLICT (node) DO UPDATE SET login = excluded.login`,
    [node.name, node],
  );
}

export async function nodeLogin(db: Pool, node: string): Promise<AssignedNode | undefined> {
  const { rows } = await db.query<{ login: AssignedNode }>('SELECT login FROM node_logins WHERE node = $1', [
    node,
  ]);
  return rows[0]?.login;
}

const BATCH = 500;

/**
 * Removes node requests of tasks that ended so long ago, a few at a time, so that nobody waits for their locks. How many.
 * Until then they say on which nodes something may be left.
 */
export async function purgeNodeRequests(pool: Pool, keepMs: number): Promise<number> {
  let removed = 0;
  for (;;) {
    const { rowCount } = await pool.query(
      `DELETE FROM node_requests WHERE access_token IN (
         SELECT n.access_token FROM node_requests n JOIN tasks t ON t.id = n.task_id
         WHERE t.result IS NOT NULL
           AND NOT EXISTS (SELECT FROM work w WHERE w.id = t.id AND w.finished_at > now() - $1 * interval '1 ms')
         LIMIT ${BATCH} FOR UPDATE OF n SKIP LOCKED)`,
      [keepMs],
    );
    removed += rowCount ?? 0;
    if ((rowCount ?? 0) < BATCH) return removed;
  }
}
