import type { Engine } from '#libs/engine';
import type { Pool } from '#libs/postgres';
import { BUILT_BY_LABEL } from '../domain/labels.js';

/** Long enough for any push; what is pushed is removed at once. */
const UNPUSHED_AGE_MS = 3_600_000;

/**
 * Removes images of ours that were built, never pushed, and are no task's that has not ended. Built from the cache an
 * image is as old as what is in the cache, so that its age alone says little. How many.
 */
export async function removeBuilderLeftovers(
  engine: Engine,
  pool: Pool,
  { installation, now, ageMs = UNPUSHED_AGE_MS }: { installation: string; now: number; ageMs?: number },
): Promise<number> {
  const images = await engine.listImages({ labels: { [BUILT_BY_LABEL]: installation } });
  const old = images.filter(({ createdAt }) => now - createdAt >= ageMs);
  if (old.length === 0) return 0;
  const { rows } = await pool.query<{ app: string; service: string }>(
    `SELECT DISTINCT q.request ->> 'appId' AS app, t.service
     FROM tasks t JOIN requests q ON q.token = t.token WHERE t.result IS NULL`,
  );
  const open = new Set(rows.map(({ app, service }) => `${app}/${service}`));
  const leftovers = old.filter(
    ({ labels }) => !open.has(`${labels['slipway.app']}/${labels['slipway.service']}`),
  );
  // By tag: by its id an image that has several is refused.
  for (const { id, tags } of leftovers)
    for (const ref of tags.length > 0 ? tags : [id]) await engine.removeImage(ref);
  return leftovers.length;
}
