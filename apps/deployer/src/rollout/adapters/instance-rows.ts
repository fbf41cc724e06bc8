import type { InstanceReport } from '#libs/contracts';
import type { Pool, Transaction } from '#libs/postgres';
import type { AddedInstance, KnownInstance } from '../ports.js';

/** The SQL of instances, one named function each. */

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

/** What a start may have left on a node that does not answer, by its name: its id may not be known. It never served. */
export async function insertLeftBehind(
  tx: Transaction,
  taskId: string,
  report: InstanceReport,
): Promise<void> {
  const { instance, appId, service, node, container, release } = report;
  await tx.query(
    `INSERT INTO instances (name, task_id, app_id, service, node, container, report, stop, release_id, state)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'abandoned') ON CONFLICT (name) DO NOTHING`,
    [
      ...[instance, taskId, appId, service, node, container === '' ? instance : container],
      ...[report, { signal: 'SIGKILL', graceMs: 0 }, release],
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
export async function instancesOf(db: Pool, appId: string, service: string): Promise<KnownInstance[]> {
  const { rows } = await db.query<KnownInstance>(
    `SELECT i.name, i.node, i.container, i.report, i.stop, r.release
     FROM instances i JOIN releases r ON r.id = i.release_id
     WHERE i.app_id = $1 AND i.service = $2 AND i.state <> 'abandoned' ORDER BY i.name`,
    [appId, service],
  );
  return rows;
}
