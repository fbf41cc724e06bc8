import type { Pool, Transaction } from '#libs/postgres';

/** One build of a task; a task that is taken over builds again, as another build. */
export interface Build {
  /** A UUID. */
  readonly id: string;
  readonly token: string;
  readonly appId: string;
  readonly service: string;
  readonly sourceDigest: string;
  readonly startedAt: Date;
}

export interface LogChunk {
  /** Bytes of the build's output before this text. */
  readonly position: number;
  readonly text: string;
}

export interface KeptBuild {
  readonly token: string;
  readonly service: string;
  /** Undefined when the build came to none. */
  readonly release?: string;
  readonly startedAt: string;
  readonly bytes: number;
}

/** How many logs of builds that came to no release are kept for each service. */
const KEPT_FAILURES = 10;

/**
 * Stores the next part of a build's output and drops the parts that lie whole before the last `maxBytes`. No part is
 * larger, so at most twice as much is kept. Of a build that another replica began again nothing is stored any more.
 */
export async function appendBuildLog(
  tx: Transaction,
  build: Build,
  chunk: LogChunk,
  maxBytes: number,
): Promise<void> {
  const { id, token, appId, service, sourceDigest, startedAt } = build;
  const { rowCount } = await tx.query(
    `INSERT INTO build_logs (build, position, token, app_id, service, source_digest, started_at, text)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8
     WHERE NOT EXISTS (SELECT FROM build_logs WHERE token = $3 AND service = $5 AND started_at > $7)`,
    [id, chunk.position, token, appId, service, sourceDigest, startedAt, chunk.text],
  );
  if (rowCount === 0) return;
  await tx.query('DELETE FROM build_logs WHERE token = $1 AND service = $2 AND build <> $3', [
    ...[token, service, id],
  ]);
  const end = chunk.position + Buffer.byteLength(chunk.text);
  await tx.query('DELETE FROM build_logs WHERE build = $1 AND position + octet_length(text) <= $2', [
    ...[id, end - maxBytes],
  ]);
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
export class BuildLogs {
  constructor(private readonly pool: Pool) {}

  /** The builds of which something is kept, the newest first. */
  async builds(appId: string, service: string): Promise<readonly KeptBuild[]> {
    const { rows } = await this.pool.query<{ item: KeptBuild }>(
      `SELECT json_strip_nulls(json_build_object('token', l.token, 'service', l.service, 'release', r.id,
         'startedAt', l.started_at, 'bytes', sum(octet_length(l.text)))) AS item
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
