import type {
  AssignedNode,
  DeploymentReply,
  InstanceReport,
  NodeAnswer,
  ServiceReply,
} from '#libs/contracts';
import type { Pool, Transaction } from '#libs/postgres';
import type { Release } from '../domain/task.events.js';
import type { TaskState } from '../domain/task.state.js';
import type { KnownInstance, StopPolicy } from '../ports.js';

/** The deployer's SQL, one named function each. `Transaction` where a write belongs to a step. */
type Db = Pool | Transaction;

/** A release that was retired and is built again lives again, with the image that was just pushed. */
export async function insertRelease(tx: Transaction, state: TaskState, release: Release): Promise<void> {
  await tx.query(
    `INSERT INTO releases (id, app_id, service, source_digest, release) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (app_id, service, source_digest) DO UPDATE
     SET release = excluded.release, created_at = now(), retired_at = NULL, image_deleted_at = NULL
     WHERE releases.retired_at IS NOT NULL`,
    [release.id, state.appId, state.service, release.sourceDigest, release],
  );
}

/** What was found just before it was retired is taken back. */
export async function setCurrentRelease(tx: Transaction, state: TaskState, release: Release): Promise<void> {
  await tx.query(
    `WITH taken_back AS (UPDATE releases SET retired_at = NULL
       WHERE id = $3 AND retired_at IS NOT NULL AND image_deleted_at IS NULL)
     INSERT INTO current_releases (app_id, service, release_id) VALUES ($1, $2, $3)
     ON CONFLICT (app_id, service) DO UPDATE SET release_id = excluded.release_id`,
    [state.appId, state.service, release.id],
  );
}

export async function releaseByDigest(
  db: Db,
  appId: string,
  service: string,
  digest: string,
): Promise<Release | undefined> {
  const { rows } = await db.query<{ release: Release }>(
    `SELECT release FROM releases
     WHERE app_id = $1 AND service = $2 AND source_digest = $3 AND retired_at IS NULL`,
    [appId, service, digest],
  );
  return rows[0]?.release;
}

export async function currentRelease(db: Db, appId: string, service: string): Promise<Release | undefined> {
  const { rows } = await db.query<{ release: Release }>(
    `SELECT r.release FROM current_releases c JOIN releases r ON r.id = c.release_id
     WHERE c.app_id = $1 AND c.service = $2`,
    [appId, service],
  );
  return rows[0]?.release;
}

/** A healthy instance; its release is good. */
export async function insertInstance(
  tx: Transaction,
  taskId: string,
  { report, stop }: { readonly report: InstanceReport; readonly stop: StopPolicy },
): Promise<void> {
  await tx.query(
    `WITH good AS (UPDATE releases SET last_healthy_at = now() WHERE id = $9)
     INSERT INTO instances (name, task_id, app_id, service, node, container, report, stop)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (name) DO NOTHING`,
    [
      ...[report.instance, taskId, report.appId, report.service, report.node, report.container],
      ...[report, stop, report.release],
    ],
  );
}

export async function deleteInstances(tx: Transaction, names: readonly string[]): Promise<void> {
  if (names.length > 0) await tx.query('DELETE FROM instances WHERE name = ANY($1)', [names]);
}

export async function instancesOf(db: Db, appId: string, service: string): Promise<KnownInstance[]> {
  const { rows } = await db.query<KnownInstance>(
    'SELECT name, node, container, report, stop FROM instances WHERE app_id = $1 AND service = $2 ORDER BY name',
    [appId, service],
  );
  return rows;
}

export async function insertNodeRequest(tx: Transaction, accessToken: string, taskId: string): Promise<void> {
  await tx.query('INSERT INTO node_requests (access_token, task_id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    accessToken,
    taskId,
  ]);
}

export async function lockNodeAnswer(tx: Transaction, accessToken: string): Promise<NodeAnswer | undefined> {
  const { rows } = await tx.query<{ answer: NodeAnswer | null }>(
    'SELECT answer FROM node_requests WHERE access_token = $1 FOR UPDATE',
    [accessToken],
  );
  return rows[0]?.answer ?? undefined;
}

/** Stores the first answer to an access token. Gives the task that waits for it, if it was asked for. */
export async function storeNodeAnswer(tx: Transaction, answer: NodeAnswer): Promise<string | undefined> {
  const kept = { ...answer, node: answer.node && { ...answer.node, sealedLogin: '' } };
  const { rows } = await tx.query<{ task_id: string }>(
    'UPDATE node_requests SET answer = coalesce(answer, $2) WHERE access_token = $1 RETURNING task_id',
    [answer.accessToken, kept],
  );
  return rows[0]?.task_id;
}

export async function upsertNodeLogin(tx: Transaction, node: AssignedNode): Promise<void> {
  await tx.query(
    `INSERT INTO node_logins (node, login) VALUES ($1, $2) ON CONFLICT (node) DO UPDATE SET login = excluded.login`,
    [node.name, node],
  );
}

export async function nodeLogin(db: Db, node: string): Promise<AssignedNode | undefined> {
  const { rows } = await db.query<{ login: AssignedNode }>('SELECT login FROM node_logins WHERE node = $1', [
    node,
  ]);
  return rows[0]?.login;
}

export async function setTaskResult(tx: Transaction, taskId: string, result: ServiceReply): Promise<void> {
  await tx.query('UPDATE tasks SET result = $2 WHERE id = $1', [taskId, result]);
}

/** Counts one task of the request as ended; with the last one, all results in the order they were named. */
export async function closeTask(
  tx: Transaction,
  token: string,
): Promise<{ readonly replyTopic: string; readonly results: ServiceReply[] } | undefined> {
  const { rows } = await tx.query<{ open_tasks: number; reply_topic: string }>(
    'UPDATE requests SET open_tasks = open_tasks - 1 WHERE token = $1 RETURNING open_tasks, reply_topic',
    [token],
  );
  const request = rows[0];
  if (request === undefined || request.open_tasks > 0) return undefined;
  const tasks = await tx.query<{ result: ServiceReply }>(
    'SELECT result FROM tasks WHERE token = $1 ORDER BY position',
    [token],
  );
  return { replyTopic: request.reply_topic, results: tasks.rows.map((r) => r.result) };
}

export async function setReply(tx: Transaction, token: string, reply: DeploymentReply): Promise<void> {
  await tx.query('UPDATE requests SET reply = $2 WHERE token = $1', [token, reply]);
}

/** True when this token is new. */
export async function insertRequest(
  tx: Transaction,
  row: {
    token: string;
    request: unknown;
    replyTopic: string;
    openTasks: number;
    traceparent?: string;
    reply?: DeploymentReply;
  },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO requests (token, request, reply_topic, open_tasks, traceparent, reply) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (token) DO NOTHING`,
    [row.token, row.request, row.replyTopic, row.openTasks, row.traceparent, row.reply],
  );
  return rowCount === 1;
}

export async function storedReply(
  tx: Transaction,
  token: string,
): Promise<{ readonly reply: DeploymentReply | null; readonly reply_topic: string } | undefined> {
  const { rows } = await tx.query<{ reply: DeploymentReply | null; reply_topic: string }>(
    'SELECT reply, reply_topic FROM requests WHERE token = $1',
    [token],
  );
  return rows[0];
}

/** The trace in which the task's request was taken in. */
export async function traceparentOf(db: Db, taskId: string): Promise<string | undefined> {
  const { rows } = await db.query<{ traceparent: string | null }>(
    'SELECT r.traceparent FROM tasks t JOIN requests r ON r.token = t.token WHERE t.id = $1',
    [taskId],
  );
  return rows[0]?.traceparent ?? undefined;
}

export async function insertTask(
  tx: Transaction,
  id: string,
  token: string,
  position: number,
): Promise<void> {
  await tx.query('INSERT INTO tasks (id, token, position) VALUES ($1, $2, $3)', [id, token, position]);
}
