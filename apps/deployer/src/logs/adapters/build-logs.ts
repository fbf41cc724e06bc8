import type { BuildDetails } from '#libs/contracts';
import { jsonTime, type Pool, type Transaction } from '#libs/postgres';
import type { ClaimedTask } from '../../task/ports.js';
import type { BuildLogs } from '../ports.js';

/** One build of a task; a task that is taken over builds again, as another build. */
export interface Build {
  /** A UUID. */
  readonly id: string;
  /** Of the replica that builds. */
  readonly claim: ClaimedTask;
  readonly token: string;
  readonly appId: string;
  readonly service: string;
  readonly sourceDigest: string;
  readonly startedAt: Date;
}

interface LogChunk {
  /** Bytes of the build's output before this text. */
  readonly position: number;
  readonly text: string;
}

/** How many logs of builds that came to no release are kept for each service. */
const KEPT_FAILURES = 10;

/**
 * Stores the next part of a build's output, and drops the task's earlier builds and the parts that lie whole before the
 * last `maxBytes`. No part is larger, so at most twice as much is kept.
 *
 * Only whoever holds the task's latest claim may write: its fence tells a build that was begun again from the one before,
 * whatever the replicas' clocks say. One statement, so that a replica that stands still cannot hold it half done.
 */
export async function appendBuildLog(
  db: Pool | Transaction,
  build: Build,
  chunk: LogChunk,
  maxBytes: number,
): Promise<void> {
  const { id, claim, token, appId, service, sourceDigest, startedAt } = build;
  const end = chunk.position + Buffer.byteLength(chunk.text);
  await db.query(
    `WITH held AS (SELECT FROM work WHERE id = $9 AND fence = $10),
     dropped AS (DELETE FROM build_logs WHERE token = $3 AND service = $5
       AND (build <> $1 OR position + octet_length(text) <= $11) AND EXISTS (SELECT FROM held))
     INSERT INTO build_logs (build, position, token, app_id, service, source_digest, started_at, text)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8 FROM held`,
    [
      ...[id, chunk.position, token, appId, service, sourceDigest, startedAt, chunk.text],
      ...[claim.taskId, claim.fence, end - maxBytes],
    ],
  );
}

/** Drops the oldest logs of builds that came to no release; the others go with their release. */
export async function dropOldFailures(db: Pool | Transaction, { appId, service }: Build): Promise<void> {
  await db.query(
    `DELETE FROM build_logs WHERE build IN (
       SELECT build FROM build_logs l WHERE app_id = $1 AND service = $2 AND NOT EXISTS (
         SELECT FROM releases r WHERE r.app_id = $1 AND r.service = $2 AND r.source_digest = l.source_digest)
       GROUP BY build, started_at ORDER BY started_at DESC OFFSET $3)`,
    [appId, service, KEPT_FAILURES],
  );
}

/** What the builds said, for whoever asks. */
export class PostgresBuildLogs implements BuildLogs {
  constructor(private readonly pool: Pool) {}

  /** The builds of which something is kept, the newest first. */
  async builds(appId: string, service: string): Promise<BuildDetails[]> {
    const { rows } = await this.pool.query<{ item: BuildDetails }>(
      `SELECT json_strip_nulls(json_build_object('token', l.token, 'service', l.service, 'release', r.id,
         'startedAt', ${jsonTime('l.started_at')}, 'bytes', sum(octet_length(l.text)))) AS item
       FROM build_logs l LEFT JOIN releases r USING (app_id, service, source_digest)
       WHERE l.app_id = $1 AND l.service = $2
       GROUP BY l.build, l.token, l.service, l.started_at, r.id ORDER BY l.started_at DESC`,
      [appId, service],
    );
    return rows.map(({ item }) => item);
  }

  async ofRequest(token: string, service: string): Promise<string | undefined> {
    return this.text('build_logs l WHERE l.token = $1 AND l.service = $2', [token, service]);
  }

  /** Of the newest build that the release came from. */
  async ofRelease(release: string): Promise<string | undefined> {
    return this.text(
      `releases r JOIN build_logs l USING (app_id, service, source_digest) WHERE r.id = $1 AND l.build =
         (SELECT n.build FROM build_logs n WHERE n.app_id = r.app_id AND n.service = r.service
          AND n.source_digest = r.source_digest ORDER BY n.started_at DESC LIMIT 1)`,
      [release],
    );
  }

  private async text(from: string, values: readonly string[]): Promise<string | undefined> {
    const { rows } = await this.pool.query<{ position: string; text: string }>(
      `SELECT l.position, l.text FROM ${from} ORDER BY l.position`,
      [...values],
    );
    const [first] = rows;
    if (first === undefined) return undefined;
    const leftOut = Number(first.position);
    const said = leftOut === 0 ? '' : `[the first ${leftOut} bytes are not kept]\n`;
    return said + rows.map(({ text }) => text).join('');
  }
}
