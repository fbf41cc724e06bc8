import type { ImageLayers } from '#libs/contracts';
import type { Pool, Transaction } from '#libs/postgres';
import type { Release } from '../../task/domain/task.events.js';
import type { TaskState } from '../../task/domain/task.state.js';

/** The SQL of releases, one named function each. `Transaction` where a write belongs to a step. */
type Db = Pool | Transaction;

/** A release that was retired and is built again lives again, with the image that was just pushed. */
export async function insertRelease(
  tx: Transaction,
  state: TaskState,
  release: Release,
  layers?: ImageLayers,
): Promise<void> {
  await tx.query(
    `INSERT INTO releases (id, app_id, service, source_digest, release, layers) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (app_id, service, source_digest) DO UPDATE
     SET release = excluded.release, layers = excluded.layers, created_at = now(), retired_at = NULL, image_deleted_at = NULL
     WHERE releases.retired_at IS NOT NULL`,
    [release.id, state.appId, state.service, release.sourceDigest, release, layers],
  );
}

/**
 * What was found just before it was retired is taken back. A task that ends later than one that arrived after it does not
 * undo that one's choice.
 */
export async function setCurrentRelease(
  tx: Transaction,
  { appId, service }: Pick<TaskState, 'appId' | 'service'>,
  release: Release,
  taskId: string,
): Promise<void> {
  await tx.query(
    `WITH taken_back AS (UPDATE releases SET retired_at = NULL
       WHERE id = $3 AND retired_at IS NOT NULL AND image_deleted_at IS NULL)
     INSERT INTO current_releases AS known (app_id, service, release_id, arrival)
     VALUES ($1, $2, $3, coalesce((SELECT arrival FROM tasks WHERE id = $4), 0))
     ON CONFLICT (app_id, service) DO UPDATE SET release_id = excluded.release_id, arrival = excluded.arrival
     WHERE known.arrival <= excluded.arrival`,
    [appId, service, release.id, taskId],
  );
}

export async function setCommandDone(tx: Transaction, { id }: Release): Promise<void> {
  await tx.query('UPDATE releases SET command_done_at = coalesce(command_done_at, now()) WHERE id = $1', [
    id,
  ]);
}

export async function commandDone(db: Db, { id }: Release): Promise<boolean> {
  const { rowCount } = await db.query('SELECT FROM releases WHERE id = $1 AND command_done_at IS NOT NULL', [
    id,
  ]);
  return rowCount === 1;
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

/** Ids of so many that are not retired, the newest first. */
export async function newestReleases(
  db: Db,
  appId: string,
  service: string,
  most: number,
): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM releases WHERE app_id = $1 AND service = $2 AND retired_at IS NULL ORDER BY seq DESC LIMIT $3`,
    [appId, service, most],
  );
  return rows.map(({ id }) => id);
}

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
