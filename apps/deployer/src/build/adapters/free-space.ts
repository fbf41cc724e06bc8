import { statfs } from 'node:fs/promises';
import type { SshPool, SshTarget } from '#libs/ssh';

const DF_TIMEOUT_MS = 10_000;

/** Of the disk that holds the path, for users other than root. Undefined where there is no such path here. */
export async function freeBytesAt(path: string): Promise<number | undefined> {
  const disk = await statfs(path).catch(() => undefined);
  return disk && disk.bavail * disk.bsize;
}

/** The same on another machine. Undefined where its `df` does not tell. */
export async function freeBytesOver(
  ssh: SshPool,
  target: SshTarget,
  path: string,
): Promise<number | undefined> {
  const { code, stdout } = await ssh.exec(target, ['df', '-Pk', path], { timeoutMs: DF_TIMEOUT_MS });
  return code === 0 ? availableOf(stdout) : undefined;
}

/** The available bytes in what `df -Pk` of one path says (POSIX: size, used, available in KiB, then the capacity). */
export function availableOf(said: string): number | undefined {
  const kib = /\s\d+\s+-?\d+\s+(-?\d+)\s+\d+%\s/.exec(said)?.[1];
  return kib === undefined ? undefined : Math.max(0, Number(kib) * 1024);
}

const GB = 1e9;

/** `1.25 GB` */
export const inGigabytes = (bytes: number): string => `${(bytes / GB).toFixed(2)} GB (${bytes} bytes)`;
