import type { SshPool } from './ssh-pool.js';
import type { SshTarget } from './target.js';

const DF_TIMEOUT_MS = 10_000;

/** The file system of a path, for users other than root: what root keeps for itself is in neither. */
export interface Disk {
  readonly usedBytes: number;
  readonly availableBytes: number;
}

/** The disk that holds the path on a machine. Undefined where its `df` does not tell. */
export async function diskOver(
  ssh: Pick<SshPool, 'exec'>,
  target: SshTarget,
  path: string,
): Promise<Disk | undefined> {
  const { code, stdout } = await ssh.exec(target, ['df', '-Pk', path], { timeoutMs: DF_TIMEOUT_MS });
  return code === 0 ? parseDf(stdout) : undefined;
}

/** What `df -Pk` of one path says (POSIX: size, used, available in KiB, then the capacity). */
export function parseDf(said: string): Disk | undefined {
  const [, used, available] = /\s\d+\s+(-?\d+)\s+(-?\d+)\s+\d+%\s/.exec(said) ?? [];
  if (used === undefined || available === undefined) return undefined;
  const bytes = (kib: string): number => Math.max(0, Number(kib) * 1024);
  return { usedBytes: bytes(used), availableBytes: bytes(available) };
}
