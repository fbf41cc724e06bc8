import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withHostLock } from './host-lock.js';
import { cacheDirectory } from './slot.js';

/** Made once and kept in the cache, since it takes minutes; what a killed start left half made is made anew. */
export async function madeOnce(
  folder: string,
  make: (path: string) => Promise<unknown>,
  cache = cacheDirectory(),
): Promise<string> {
  const path = join(cache, folder);
  await withHostLock(folder, async () => {
    if (existsSync(join(path, '.whole'))) return;
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    await make(path);
    mkdirSync(join(path, '.whole'));
  });
  return path;
}
