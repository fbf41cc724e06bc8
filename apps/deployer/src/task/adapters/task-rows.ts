import type {
  AssignedNode,
  DeploymentReply,
  InstanceReport,
  NodeAnswer,
  ScaleReply,
  SecretReply,
  ServiceReply,
} from '#libs/contracts';
import type { Pool, Transaction } from '#libs/postgres';
import type { Release } from '../domain/task.events.js';
import type { TaskState } from '../domain/task.state.js';
import type { AddedInstance, KnownInstance } from '../../rollout/ports.js';
import type { DependencyResult } from '../ports.js';

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

type FoundRelease = Promise<Release | undefined>;

/** The first of a query for `release`. */
async function oneRelease(db: Db, sql: string, values: readonly unknown[]): FoundRelease {
  const { rows } = await db.query<{ release: Release }>(sql, [...values]);
  return rows[0]?.release;
}

export const releaseByDigest = (db: Db, appId: string, service: string, digest: string): FoundRelease =>
  oneRelease(
    db,
    `SELECT release FROM releases
     WHERE app_id = $1 AND service = $2 AND source_digest = $3 AND retired_at IS NULL`,
    [appId, service, digest],
  );

export const currentRelease = (db: Db, appId: string, service: string): FoundRelease =>
  oneRelease(
    db,
    `SELECT r.release FROM current_releases c JOIN releases r ON r.id = c.release_id
     WHERE c.app_id = $1 AND c.service = $2`,
    [appId, service],
  );

export const releaseById = (db: Db, appId: string, service: string, id: string): FoundRelease =>
  oneRelease(
    db,
    'SELECT release FROM releases WHERE app_id = $1 AND service = $2 AND id = $3 AND retired_at IS NULL',
    [appId, service, id],
  );

export const lastGoodRelease = (
  db: Db,
  appId: string,
  service: string,
  except: readonly string[],
): FoundRelease =>
  oneRelease(
    db,
    `SELECT r.release FROM deployments d JOIN releases r ON r.id = d.release_id
     WHERE d.app_id = $1 AND d.service = $2 AND d.release_id <> ALL ($3) AND r.retired_at IS NULL
     ORDER BY d.seq DESC LIMIT 1`,
    [appId, service, except],
  );

export async function insertDeployment(tx: Transaction, state: TaskState, releaseId: string): Promise<void> {
  await tx.query('INSERT INTO deployments (app_id, service, release_id, token) VALUES ($1, $2, $3, $4)', [
    ...[state.appId, state.service, releaseId, state.token],
  ]);
}

/** A healthy instance; its release is good. */
export async function insertInstance(
  tx: Transaction,
  taskId: string,
  { report, stop }: AddedInstance,
): Promise<void> {
  await tx.query(
    `WITH good AS (UPDATE releases SET last_healthy_at = now() WHERE id = $9)
     INSERT INTO instances (name, task_id, app_id, service, node, container, report, stop, release_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (name) DO NOTHING`,
    [
      ...[report.instance, taskId, report.appId, report.service, report.node, report.container],
      ...[report, stop, report.release],
    ],
  );
}

export async function deleteInstances(tx: Transaction, names: readonly string[]): Promise<void> {
  if (names.length > 0) await tx.query('DELETE FROM instances WHERE name = ANY($1)', [names]);
}

export type InstanceRowState = 'running' | 'draining' | 'abandoned';

export async function setInstanceState(
  tx: Transaction,
  names: readonly string[],
  state: InstanceRowState,
): Promise<readonly InstanceReport[]> {
  if (names.length === 0) return [];
  const { rows } = await tx.query<{ report: InstanceReport }>(
    'UPDATE instances SET state = $2 WHERE name = ANY($1) RETURNING report',
    [names, state],
  );
  return rows.map(({ report }) => report);
}

/** What runs, as far as the deployer knows; what was abandoned counts no more. */
export async function instancesOf(db: Db, appId: string, service: string): Promise<KnownInstance[]> {
  const { rows } = await db.query<KnownInstance>(
    `SELECT i.name, i.node, i.container, i.report, i.stop, r.release
     FROM instances i JOIN releases r ON r.id = i.release_id
     WHERE i.app_id = $1 AND i.service = $2 AND i.state <> 'abandoned' ORDER BY i.name`,
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

export async function nodeAnswers(db: Db, accessTokens: readonly string[]): Promise<readonly NodeAnswer[]> {
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

export async function nodeLogin(db: Db, node: string): Promise<AssignedNode | undefined> {
  const { rows } = await db.query<{ login: AssignedNode }>('SELECT login FROM node_logins WHERE node = $1', [
    node,
  ]);
  return rows[0]?.login;
}

export async function setTaskResult(tx: Transaction, taskId: string, result: ServiceReply): Promise<void> {
  await tx.query('UPDATE tasks SET result = $2, writes_spec = true WHERE id = $1', [taskId, result]);
}

export type RequestKind = 'deployment' | 'scale' | 'secret';

export type Reply = DeploymentReply | ScaleReply | SecretReply;

export interface EndedRequest {
  readonly kind: RequestKind;
  readonly replyTopic: string;
  readonly results: readonly ServiceReply[];
}

/** Counts one task of the request as ended; with the last one, all results in the order they were named. */
export async function closeTask(tx: Transaction, token: string): Promise<EndedRequest | undefined> {
  const { rows } = await tx.query<{ open_tasks: number; reply_topic: string; kind: RequestKind }>(
    'UPDATE requests SET open_tasks = open_tasks - 1 WHERE token = $1 RETURNING open_tasks, reply_topic, kind',
    [token],
  );
  const request = rows[0];
  if (request === undefined || request.open_tasks > 0) return undefined;
  const tasks = await tx.query<{ result: ServiceReply }>(
    'SELECT result FROM tasks WHERE token = $1 ORDER BY position',
    [token],
  );
  const { kind, reply_topic: replyTopic } = request;
  return { kind, replyTopic, results: tasks.rows.map((r) => r.result) };
}

/** The tasks of the request that wait for this service. */
export async function dependentsOf(
  tx: Transaction,
  token: string,
  service: string,
): Promise<readonly string[]> {
  const { rows } = await tx.query<{ id: string }>(
    'SELECT id FROM tasks WHERE token = $1 AND $2 = ANY(depends_on) AND result IS NULL',
    [token, service],
  );
  return rows.map(({ id }) => id);
}

export async function dependencyResults(
  db: Db,
  token: string,
  services: readonly string[],
): Promise<readonly DependencyResult[]> {
  const { rows } = await db.query<{ service: string; result: ServiceReply | null }>(
    'SELECT service, result FROM tasks WHERE token = $1 AND service = ANY($2)',
    [token, services],
  );
  return rows.map(({ service, result }) => ({ service, result: result ?? undefined }));
}

/** Holds the request's row, so that the end of another of its tasks is either seen or comes after. */
export async function holdRequest(tx: Transaction, token: string): Promise<{ readonly cancelled: boolean }> {
  const { rows } = await tx.query<{ cancelled: boolean }>(
    'SELECT cancelled_at IS NOT NULL AS cancelled FROM requests WHERE token = $1 FOR SHARE',
    [token],
  );
  return { cancelled: rows[0]?.cancelled === true };
}

export async function isCancelled(db: Db, token: string): Promise<boolean> {
  const { rows } = await db.query<{ cancelled: boolean }>(
    'SELECT cancelled_at IS NOT NULL AS cancelled FROM requests WHERE token = $1',
    [token],
  );
  return rows[0]?.cancelled === true;
}

/** The ids of the request's tasks that have not ended; undefined when there is no such request. */
export async function openTasks(tx: Transaction, token: string): Promise<readonly string[] | undefined> {
  const { rows } = await tx.query<{ id: string | null }>(
    `SELECT t.id FROM requests r LEFT JOIN tasks t ON t.token = r.token AND t.result IS NULL WHERE r.token = $1`,
    [token],
  );
  return rows.length === 0 ? undefined : rows.flatMap(({ id }) => id ?? []);
}

export async function setCancelled(tx: Transaction, token: string): Promise<void> {
  await tx.query('UPDATE requests SET cancelled_at = coalesce(cancelled_at, now()) WHERE token = $1', [
    token,
  ]);
}

export async function setReply(tx: Transaction, token: string, reply: Reply): Promise<void> {
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
    kind: RequestKind;
    traceparent?: string;
    reply?: Reply;
  },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO requests (token, request, reply_topic, open_tasks, kind, traceparent, reply)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (token) DO NOTHING`,
    [row.token, row.request, row.replyTopic, row.openTasks, row.kind, row.traceparent, row.reply],
  );
  return rowCount === 1;
}

export interface StoredReply {
  readonly kind: RequestKind;
  readonly replyTopic: string;
  /** Undefined while the request is being worked on. */
  readonly reply?: Reply;
}

export async function storedReply(tx: Transaction, token: string): Promise<StoredReply | undefined> {
  const { rows } = await tx.query<{
    kind: RequestKind;
    reply_topic: string;
    reply: Reply | null;
  }>('SELECT kind, reply, reply_topic FROM requests WHERE token = $1', [token]);
  const [row] = rows;
  return row && { kind: row.kind, replyTopic: row.reply_topic, reply: row.reply ?? undefined };
}

/** Of the task's request: whether it was cancelled, and the trace in which it was taken in. */
export async function requestOf(
  db: Db,
  taskId: string,
): Promise<{ readonly cancelled: boolean; readonly traceparent?: string }> {
  const { rows } = await db.query<{ cancelled: boolean; traceparent: string | null }>(
    `SELECT r.cancelled_at IS NOT NULL AS cancelled, r.traceparent
     FROM tasks t JOIN requests r ON r.token = t.token WHERE t.id = $1`,
    [taskId],
  );
  const [row] = rows;
  return { cancelled: row?.cancelled === true, traceparent: row?.traceparent ?? undefined };
}

export async function insertTask(
  tx: Transaction,
  row: {
    readonly id: string;
    readonly token: string;
    readonly position: number;
    readonly service: string;
    readonly dependsOn: readonly string[];
  },
): Promise<void> {
  await tx.query('INSERT INTO tasks (id, token, position, service, depends_on) VALUES ($1, $2, $3, $4, $5)', [
    ...[row.id, row.token, row.position, row.service, row.dependsOn],
  ]);
}
