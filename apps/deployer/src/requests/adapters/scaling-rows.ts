import { together, type Transaction } from '#libs/postgres';
import { rolloutKey } from '../../task/domain/task.turns.js';
import type { WantedNow } from '../domain/early-refusal.js';
import type { KnownOfScaling } from '../domain/intake.js';

interface OfService {
  readonly appId: string;
  readonly service: string;
}

/**
 * What is known of a service, with the highest fence so far. Holds the row of the fence until the end of the transaction, so
 * of two requests the later one sees the fence of the earlier one.
 */
export async function knownOfScaling(tx: Transaction, of: OfService, fence: number): Promise<KnownOfScaling> {
  const [highest, found] = await together(keepFence(tx, of, fence), rolloutOf(tx, of));
  const [row] = found.rows;
  return {
    fence: Number(highest.rows[0]?.fence ?? fence),
    isRollingOut: row?.rollingOut === true,
    count: row?.count ?? undefined,
  };
}

const keepFence = (tx: Transaction, { appId, service }: OfService, fence: number) =>
  tx.query<{ fence: string }>(
    `INSERT INTO scaling_fences AS known (app_id, service, fence) VALUES ($1, $2, $3)
     ON CONFLICT (app_id, service) DO UPDATE SET fence = greatest(known.fence, excluded.fence) RETURNING fence`,
    [appId, service, fence],
  );

/** A rollout has the turn of the service. A build beside it, or a scaling, is none. */
const rolloutOf = (tx: Transaction, of: OfService) =>
  tx.query<{ count: number | null; rollingOut: boolean }>(
    `SELECT (SELECT count FROM specs WHERE app_id = $1 AND service = $2) AS count,
            EXISTS (SELECT FROM work w JOIN tasks t ON t.id = w.id JOIN requests r ON r.token = t.token
                    WHERE w.key = $3 AND w.state IN ('ready', 'running', 'waiting')
                      AND (r.request ->> 'mode' IN ('run', 'build-and-run', 'rollback') OR r.request ? 'canary')) AS "rollingOut"`,
    [of.appId, of.service, rolloutKey(of)],
  );

/** The spec of a service, the release that it wants, and whether a task has or awaits the turn of its rollouts. */
export async function wantedNow(tx: Transaction, of: OfService): Promise<WantedNow> {
  const { rows } = await tx.query<{
    spec: NonNullable<WantedNow['spec']>;
    release: WantedNow['release'] | null;
    isBusy: boolean;
  }>(
    `SELECT s.spec, l.release,
            EXISTS (SELECT FROM work WHERE key = $3 AND state IN ('queued', 'ready', 'running', 'waiting')) AS "isBusy"
     FROM specs s LEFT JOIN releases l ON l.id = s.release_id WHERE s.app_id = $1 AND s.service = $2`,
    [of.appId, of.service, rolloutKey(of)],
  );
  const [row] = rows;
  return { isBusy: row?.isBusy === true, spec: row?.spec, release: row?.release ?? undefined };
}
