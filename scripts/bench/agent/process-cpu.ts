import { readdirSync, readFileSync } from 'node:fs';

/** The kernel tells CPU time in hundredths of a second. */
const MS_A_TICK = 10;
/** Fields of /proc/PID/stat behind the name: parent, utime, stime, and the same of children that have ended. */
const PARENT = 1;
const OWN = [11, 12];
const ENDED_CHILDREN = [13, 14];

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly ownMs: number;
  readonly childrenMs: number;
}

/** Every process of this machine. */
export function processes(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processOf(Number(name)) ?? []);
}

function processOf(pid: number): readonly Process[] | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const sum = (indices: readonly number[]): number =>
      indices.reduce((ms, index) => ms + (fields[index] ?? 0) * MS_A_TICK, 0);
    const [ownMs, childrenMs] = [sum(OWN), sum(ENDED_CHILDREN)];
    return [{ pid, parent: fields[PARENT] ?? 0, command, ownMs, childrenMs }];
  } catch {
    // It has ended.
    return undefined;
  }
}

/** A process and all below it. */
export function treeOf(root: number, all: readonly Process[]): readonly Process[] {
  const own = all.filter(({ pid }) => pid === root);
  const below = all.filter(({ parent }) => parent === root);
  return [...own, ...below.flatMap(({ pid }) => treeOf(pid, all))];
}

/** From a process up to the one before the listener whose children are its sessions. */
export function sessionOf(pid: number, all: readonly Process[]): readonly Process[] {
  const found = all.find((one) => one.pid === pid);
  if (found === undefined || found.command.includes('/usr/sbin/sshd')) return [];
  return [found, ...sessionOf(found.parent, all)];
}
