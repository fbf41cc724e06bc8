import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

const OF_THIS_MACHINE = `source-${hostname()}-`;

/** How the name of a folder begins in which a process of this machine unpacks a source. */
export const folderPrefix = (pid: number): string => `${OF_THIS_MACHINE}${pid}-`;

/** undefined for the folder of another machine: whether its process lives cannot be seen from here. */
function ownerOf(folder: string): number | undefined {
  if (!folder.startsWith(OF_THIS_MACHINE)) return undefined;
  const [, pid] = /^(\d+)-/.exec(folder.slice(OF_THIS_MACHINE.length)) ?? [];
  return pid === undefined ? undefined : Number(pid);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and is another user's.
    return (error as { code?: string }).code !== 'ESRCH';
  }
}

/** Removes what replicas of this machine left that were killed. */
export async function removeAbandonedSources(workDirectory: string): Promise<void> {
  const folders = await readdir(workDirectory).catch(() => []);
  const abandoned = folders.filter((folder) => {
    const owner = ownerOf(folder);
    return owner !== undefined && !isAlive(owner);
  });
  await Promise.all(
    abandoned.map((folder) => rm(join(workDirectory, folder), { recursive: true, force: true })),
  );
}

/** The same at a start: this process has unpacked nothing yet, so what bears its number was left by a former one. */
export async function removeSourcesOfFormer(workDirectory: string): Promise<void> {
  const folders = await readdir(workDirectory).catch(() => []);
  const former = folders.filter((folder) => ownerOf(folder) === process.pid);
  await Promise.all(
    former.map((folder) => rm(join(workDirectory, folder), { recursive: true, force: true })),
  );
  await removeAbandonedSources(workDirectory);
}
