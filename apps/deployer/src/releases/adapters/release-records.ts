import type { Pool } from '#libs/postgres';
import type { ReleaseImage } from '../domain/retention.js';
import type { ReleaseRecords } from '../ports.js';
import { IMAGE, IS_OURS, IS_WANTED, IS_WORKED_ON } from './release-needs.js';

/** What keeps a release `r`: it is current, wanted, an instance runs it, or its service has a task that is not done. */
const IN_USE = `(${IS_WANTED} OR ${IS_WORKED_ON})`;

/** Retired until $1, its image still there, and the image of no release that lives. */
const DELETABLE = `r.retired_at <= $1 AND r.image_deleted_at IS NULL AND NOT ${IN_USE}
  AND ${IS_OURS}
  AND NOT EXISTS (SELECT FROM releases live
                  WHERE live.app_id = r.app_id AND live.service = r.service AND live.retired_at IS NULL
                    AND live.release ->> 'image' = ${IMAGE})`;

interface LiveRow {
  readonly id: string;
  readonly app_id: string;
  readonly service: string;
  readonly image: string;
  readonly created_at: Date;
  readonly last_healthy_at: Date | null;
  readonly in_use: boolean;
}

/** Releases in Postgres. */
export class PostgresReleaseRecords implements ReleaseRecords {
  constructor(private readonly pool: Pool) {}

  async live(): Promise<readonly ReleaseImage[]> {
    const { rows } = await this.pool.query<LiveRow>(
      `SELECT r.id, r.app_id, r.service, ${IMAGE} AS image, r.created_at, r.last_healthy_at, ${IN_USE} AS in_use
       FROM releases r WHERE r.retired_at IS NULL ORDER BY r.seq`,
    );
    return rows.map((row) => ({
      ...{ id: row.id, appId: row.app_id, service: row.service, image: row.image },
      ...{ builtAt: row.created_at, lastHealthyAt: row.last_healthy_at ?? undefined, inUse: row.in_use },
    }));
  }

  async retire(ids: readonly string[], now: Date): Promise<number> {
    const { rowCount } = await this.pool.query(
      `UPDATE releases r SET retired_at = $2 WHERE r.id = ANY($1) AND r.retired_at IS NULL AND NOT ${IN_USE}`,
      [ids, now],
    );
    return rowCount ?? 0;
  }

  async retiredBefore(until: Date): Promise<readonly string[]> {
    const sql = `SELECT ${IMAGE} AS image FROM releases r WHERE ${DELETABLE} ORDER BY r.retired_at, r.seq`;
    const { rows } = await this.pool.query<{ image: string }>(sql, [until]);
    return rows.map((row) => row.image);
  }

  async isRetired(image: string, until: Date): Promise<boolean> {
    const sql = `SELECT FROM releases r WHERE ${DELETABLE} AND ${IMAGE} = $2 LIMIT 1`;
    const { rowCount } = await this.pool.query(sql, [until, image]);
    return rowCount === 1;
  }

  async imageDeleted(image: string, now: Date): Promise<void> {
    await this.pool.query(
      `UPDATE releases r SET image_deleted_at = $2
       WHERE ${IMAGE} = $1 AND r.retired_at IS NOT NULL AND r.image_deleted_at IS NULL`,
      [image, now],
    );
  }
}
