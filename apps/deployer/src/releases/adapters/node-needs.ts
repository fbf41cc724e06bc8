import type { Pool } from '#libs/postgres';
import type { NeededImage } from '../domain/node-images.js';
import type { NodeNeeds } from '../ports.js';
import { IMAGE, IS_OURS, IS_WANTED, IS_WORKED_ON } from './release-needs.js';

interface NeedRow {
  readonly image: string;
  readonly need: NeededImage['need'];
  readonly usedAt: number;
}

/** What nodes need images for, in Postgres. */
export class PostgresNodeNeeds implements NodeNeeds {
  constructor(private readonly pool: Pool) {}

  async neededOn(
    node: string,
    images: readonly string[],
    retiredUntil: Date,
  ): Promise<readonly NeededImage[]> {
    const { rows } = await this.pool.query<NeedRow>(
      `SELECT ${IMAGE} AS image,
         (extract(epoch FROM greatest(r.created_at, r.last_healthy_at)) * 1000)::float8 AS "usedAt",
         CASE
           WHEN ${IS_WORKED_ON} OR EXISTS (SELECT FROM instances i WHERE i.node = $1 AND i.release_id = r.id) THEN 'now'
           WHEN ${IS_WANTED} THEN 'wanted'
           WHEN r.retired_at IS NULL OR r.retired_at > $3 THEN 'rollback'
           ELSE 'nothing'
         END AS need
       FROM releases r WHERE ${IMAGE} = ANY ($2) AND ${IS_OURS}`,
      [node, [...images], retiredUntil],
    );
    return rows;
  }
}
