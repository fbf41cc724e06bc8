import type { ReleaseDetails } from '#libs/contracts';
import type { Placed } from '#libs/http';
import { jsonTime, type Pool } from '#libs/postgres';
import type { ReleaseFilter, ReleaseRecord } from '../ports.js';

/** A JSON object a release: camel case. */
const RELEASE = `json_build_object('id', r.id, 'appId', r.app_id, 'service', r.service,
  'sourceDigest', r.source_digest, 'image', r.release ->> 'image',
  'builder', r.release ->> 'builder', 'createdAt', ${jsonTime('r.created_at')},
  'current', c.release_id IS NOT NULL,
  'deployments', (SELECT coalesce(json_agg(
      json_build_object('token', d.token, 'at', ${jsonTime('d.deployed_at')}) ORDER BY d.seq), '[]')
    FROM deployments d WHERE d.release_id = r.id),
  'instances', (SELECT coalesce(json_agg(json_build_object('name', i.name, 'node', i.node, 'state', i.state) ORDER BY i.name), '[]')
    FROM instances i WHERE i.release_id = r.id))`;

/** What was built: each release with the deployments in which it served, and the instances that run it. */
export class PostgresReleaseRecord implements ReleaseRecord {
  constructor(private readonly pool: Pool) {}

  /** By service, the newest first, after this place. */
  async list(
    { appId, service }: ReleaseFilter,
    most: number,
    [afterService, afterSeq]: readonly string[] = [],
  ): Promise<readonly Placed<ReleaseDetails>[]> {
    const { rows } = await this.pool.query<Placed<ReleaseDetails>>(
      `SELECT ${RELEASE} AS item, json_build_array(r.service, r.seq::text) AS place
       FROM releases r LEFT JOIN current_releases c ON c.release_id = r.id
       WHERE r.app_id = $1 AND ($2::text IS NULL OR r.service = $2)
         AND ($3::text IS NULL OR r.service > $3 OR (r.service = $3 AND r.seq < $4))
       ORDER BY r.service, r.seq DESC LIMIT $5`,
      [appId, service, afterService, afterSeq, most],
    );
    return rows;
  }
}
