import type { ServiceConfig } from '#libs/contracts';
import type { Pool } from '#libs/postgres';
import type { Release } from '../../task/domain/task.events.js';

const LIVES = 'retired_at IS NULL AND image_deleted_at IS NULL';

/** Of the same service; else one built on the same base, which what a Dockerfile builds on does not tell. */
export async function kindredRelease(
  pool: Pool,
  appId: string,
  service: string,
  { runtime, version, legacy }: ServiceConfig,
): Promise<Release | undefined> {
  const { rows } = await pool.query<{ release: Release }>(
    `SELECT release FROM releases WHERE app_id = $1 AND service = $2 AND ${LIVES} ORDER BY seq DESC LIMIT 1`,
    [appId, service],
  );
  if (rows[0] !== undefined || runtime === 'dockerfile') return rows[0]?.release;
  const others = await pool.query<{ release: Release }>(
    `SELECT release FROM releases WHERE ${LIVES}
       AND release -> 'config' ->> 'runtime' = $1
       AND release -> 'config' ->> 'version' IS NOT DISTINCT FROM $2
       AND release -> 'config' -> 'legacy' ->> 'baseImage' IS NOT DISTINCT FROM $3
     ORDER BY seq DESC LIMIT 1`,
    [runtime, version, legacy?.baseImage],
  );
  return others.rows[0]?.release;
}
