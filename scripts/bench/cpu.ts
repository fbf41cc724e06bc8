import { readdirSync, readFileSync } from 'node:fs';

/** A tick of the kernel's accounting: 1/100 s on Linux. */
const SECONDS_A_TICK = 0.01;
/** Fields of /proc/PID/stat behind the name: utime and stime. */
const UTIME = 11;
const STIME = 12;
/** Fields of /proc/stat's first line: user, nice, system, idle, waiting for the disk, interrupts. Others are not ours. */
const FIELDS = 7;
const IDLE = [3, 4];

/** Seconds of CPU that this machine has spent, and who. What ended in between is in `all` only. */
interface CpuTimes {
  readonly all: number;
  readonly byProcess: ReadonlyMap<number, { readonly group: string; readonly seconds: number }>;
}

/** Seconds by group. */
export type CpuSpent = Readonly<Record<string, number>>;

export function cpuTimes(): CpuTimes {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const ticks = first
    .split(/\s+/)
    .slice(1, 1 + FIELDS)
    .map(Number);
  const all = ticks.reduce((sum, one, field) => (IDLE.includes(field) ? sum : sum + one), 0) * SECONDS_A_TICK;
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return { all, byProcess: new Map(pids.flatMap((pid) => timesOf(pid) ?? [])) };
}

/** Seconds spent since, by group; `others` are the engines, what they run, and what is short-lived. */
export function cpuSince(before: CpuTimes, now = cpuTimes()): CpuSpent {
  const spent: Record<string, number> = {};
  for (const [pid, { group, seconds }] of now.byProcess)
    spent[group] = (spent[group] ?? 0) + seconds - (before.byProcess.get(pid)?.seconds ?? 0);
  const known = Object.values(spent).reduce((sum, seconds) => sum + seconds, 0);
  return { ...spent, others: now.all - before.all - known };
}

export function meanCpu(runs: readonly CpuSpent[]): CpuSpent {
  const groups = [...new Set(runs.flatMap((run) => Object.keys(run)))];
  const mean = (group: string): number => runs.reduce((sum, run) => sum + (run[group] ?? 0), 0) / runs.length;
  return Object.fromEntries(groups.map((group) => [group, mean(group)]));
}

function timesOf(
  pid: number,
): readonly (readonly [number, { readonly group: string; readonly seconds: number }])[] | undefined {
  try {
    const group = groupOf(pid, readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    if (group === undefined) return undefined;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[UTIME]) + Number(fields[STIME]);
    return [[pid, { group, seconds: ticks * SECONDS_A_TICK }]];
  } catch {
    // It has ended.
    return undefined;
  }
}

function groupOf(pid: number, command: string): string | undefined {
  if (pid === process.pid) return 'bench';
  if (command.includes('apps/standalone')) return 'platform';
  if (command.includes('apps/load-balancer')) return 'load balancers';
  if (command.includes('kafka.Kafka')) return 'Kafka';
  if (command.startsWith('postgres:') || command.includes('/postgres\0')) return 'Postgres';
  return command.startsWith('sshd:') ? 'sshd' : undefined;
}
