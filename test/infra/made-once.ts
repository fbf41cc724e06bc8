import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withHostLock } from '../../scripts/one-machine/host-lock.js';
import { cacheDirectory } from '../../scripts/one-machine/slot.js';

/** Made once and kept in the cache: by the compiler it takes minutes. */
export async function once(folder: string, make: (path: string) => Promise<unknown>): Promise<string> {
  const path = join(cacheDirectory(), folder);
  await withHostLock(folder, async () => {
    if (existsSync(join(path, '.whole'))) return;
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    await make(path);
    mkdirSync(join(path, '.whole'));
  });
  return path;
}
