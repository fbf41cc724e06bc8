import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Names of images, by their first part. Fewer go on; with thousands, listing them takes a minute. */
const MOST = 100;
/** The layers of base images are among these: engines need not send them again. */
const KEPT = 50;

/**
 * Of what earlier starts have stored in a registry that does not run, the newest stays.
 * @returns whether any went, so that there are layers now that belong to no image
 */
export async function forgetOldImages(storage: string): Promise<boolean> {
  const repositories = join(storage, 'docker/registry/v2/repositories');
  const names = await readdir(repositories).catch(() => []);
  if (names.length <= MOST) return false;
  const ages = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(repositories, name))).mtimeMs })),
  );
  const old = ages.toSorted((a, b) => b.at - a.at).slice(KEPT);
  await Promise.all(old.map(({ name }) => rm(join(repositories, name), { recursive: true })));
  return true;
}
