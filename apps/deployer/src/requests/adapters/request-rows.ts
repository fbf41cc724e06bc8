import type { ServiceReply } from '#libs/contracts';
import type { Pool, Transaction } from '#libs/postgres';
import type { Asker } from '../../task/domain/task.events.js';
import type { Reply, RequestKind } from '../ports.js';

/** The SQL of requests, one named function each. */
type Db = Pool | Transaction;

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

/** Holds the request's row, so that the end of another of its tasks is either seen or comes after. */
export async function holdRequest(tx: Transaction, token: string): Promise<{ readonly cancelled: boolean }> {
  const { rows } = await tx.query<{ cancelled: boolean }>(
    'SELECT cancelled_at IS NOT NULL AS cancelled FROM requests WHERE token = $1 FOR SHARE',
    [token],
  );
  return { cancelled: rows[0]?.cancelled === true };
}

/** Of a request `r`. A replica of the version before does not say who cancelled it. */
const CANCELLED_BY = `CASE WHEN r.cancelled_at IS NOT NULL THEN coalesce(r.cancelled_by, '{}') END`;

export async function cancelledBy(db: Db, token: string): Promise<Asker | undefined> {
  const { rows } = await db.query<{ by: Asker | null }>(
    `SELECT ${CANCELLED_BY} AS by FROM requests r WHERE token = $1`,
    [token],
  );
  return rows[0]?.by ?? undefined;
}

/** The ids of the request's tasks that have not ended; undefined when there is no such request. */
export async function openTasks(tx: Transaction, token: string): Promise<readonly string[] | undefined> {
  const { rows } = await tx.query<{ id: string | null }>(
    `SELECT t.id FROM requests r LEFT JOIN tasks t ON t.token = r.token AND t.result IS NULL WHERE r.token = $1`,
    [token],
  );
  return rows.length === 0 ? undefined : rows.flatMap(({ id }) => id ?? []);
}

/** The first cancel counts. */
export async function setCancelled(tx: Transaction, token: string, by: Asker): Promise<void> {
  await tx.query(
    'UPDATE requests SET cancelled_at = now(), cancelled_by = $2 WHERE token = $1 AND cancelled_at IS NULL',
    [token, by],
  );
}

export async function setReply(tx: Transaction, token: string, reply: Reply): Promise<void> {
  await tx.query(
    `WITH answered AS (UPDATE requests SET reply = $2 WHERE token = $1 RETURNING token)
     SELECT pg_notify(current_schema() || '_replies', token) FROM answered`,
    [token, reply],
  );
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

interface StoredReply {
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

/** Of the task's request: who cancelled it, where it was, and the trace in which it was taken in. */
export async function requestOf(
  db: Db,
  taskId: string,
): Promise<{ readonly cancelledBy?: Asker; readonly traceparent?: string }> {
  const { rows } = await db.query<{ by: Asker | null; traceparent: string | null }>(
    `SELECT ${CANCELLED_BY} AS by, r.traceparent
     FROM tasks t JOIN requests r ON r.token = t.token WHERE t.id = $1`,
    [taskId],
  );
  const [row] = rows;
  return { cancelledBy: row?.by ?? undefined, traceparent: row?.traceparent ?? undefined };
}
