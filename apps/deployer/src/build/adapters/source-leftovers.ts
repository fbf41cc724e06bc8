import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Of every folder that this process unpacks a source into. */
export const SOURCE_PREFIX = `source-${hostname()}-${process.pid}-`;

const OF_PROCESS = new RegExp(`^source-${hostname().replaceAll('.', '\\.')}-(\\d+)-`);

/** Removes the folders of processes of this machine that ended without doing so; how many. */
export async function removeSourceLeftovers(workDirectory: string): Promise<number> {
  const names = await readdir(workDirectory).catch(() => []);
  const removed = await Promise.all(
    names.map(async (name) => {
      const path = join(workDirectory, name);
      if (!(await isLeftover(name, path))) return 0;
      await rm(path, { recursive: true, force: true });
      return 1;
    }),
  );
  return removed.reduce<number>((sum, one) => sum + one, 0);
}

async function isLeftover(name: string, path: string): Promise<boolean> {
  const pid = Number(OF_PROCESS.exec(name)?.[1]);
  if (Number.isNaN(pid)) return false;
  if (pid !== process.pid) return !isAlive(pid);
  // In a container every process has the same number: what is older than this one was left by one before it.
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.mtimeMs < performance.timeOrigin;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
