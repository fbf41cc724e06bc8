import type { Pool, Transaction } from '#libs/postgres';
import type { PlacedVolume } from '../../task/domain/task.events.js';

/** The SQL of volumes, one named function each. */

/** A volume stays where it was made first. */
export async function insertVolumes(
  tx: Transaction,
  { appId, service, node, names }: { appId: string; service: string; node: string; names: readonly string[] },
): Promise<void> {
  await tx.query(
    `INSERT INTO volumes (app_id, service, name, node)
     SELECT $1, $2, unnest($3::text[]), $4 ON CONFLICT DO NOTHING`,
    [appId, service, [...names], node],
  );
}

export async function volumesOf(db: Pool, appId: string, service: string): Promise<readonly PlacedVolume[]> {
  const { rows } = await db.query<PlacedVolume>(
    'SELECT name, node FROM volumes WHERE app_id = $1 AND service = $2 ORDER BY name',
    [appId, service],
  );
  return rows;
}
