import type { ServiceReply } from '#libs/contracts';
import type { Pool, Transaction } from '#libs/postgres';
import type { DependencyResult } from '../domain/decide-waits.js';

/** The SQL of tasks, one named function each. `Transaction` where a write belongs to a step. */
type Db = Pool | Transaction;

/** `writesSpec`: the spec says already what came of the task; otherwise the database adopts it from what runs. */
export async function setTaskResult(
  tx: Transaction,
  taskId: string,
  result: ServiceReply,
  writesSpec: boolean,
): Promise<void> {
  await tx.query('UPDATE tasks SET result = $2, writes_spec = $3 WHERE id = $1', [
    taskId,
    result,
    writesSpec,
  ]);
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

/** Whether anything was ever wanted of the service. */
export async function hasSpec(tx: Transaction, appId: string, service: string): Promise<boolean> {
  const { rowCount } = await tx.query('SELECT FROM specs WHERE app_id = $1 AND service = $2', [
    appId,
    service,
  ]);
  return rowCount === 1;
}
