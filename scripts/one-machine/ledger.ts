import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, rmdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a set-up leaves on the host while it runs, and what undoes it. */
type Held =
  | { readonly kind: 'process'; readonly pid: number; readonly startTicks: string; readonly abrupt?: boolean }
  /** A server that outlives who started it, and is started again: its pid file, and a word of its command line. */
  | { readonly kind: 'pid-file'; readonly path: string; readonly argument: string }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'netns'; readonly name: string }
  | { readonly kind: 'mount'; readonly path: string }
  | { readonly kind: 'bridge' | 'link'; readonly name: string }
  | { readonly kind: 'cgroup'; readonly name: string }
  | {
      readonly kind: 'rule';
      readonly table: string;
      readonly chain: string;
      readonly rule: readonly string[];
    };

const GRACE_MS = 5_000;

/**
 * Start time of a process in clock ticks since boot (proc(5), stat, field 22); undefined when there is none.
 * Pid and start time together name one process for ever: a pid alone is given out again.
 */
export function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, field 2, is in brackets and may hold spaces and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** A file with one line of JSON for each thing held; it survives a killed start, so the next one can clean up. */
export class Ledger {
  constructor(private readonly path: string) {}

  /** Written before the thing is made (a process: right after), so nothing is ever made and not known. */
  hold(held: Held): void {
    appendFileSync(this.path, `${JSON.stringify(held)}\n`, { mode: 0o600 });
  }

  holdProcess(pid: number | undefined, options: { readonly abrupt?: boolean } = {}): void {
    const startTicks = pid === undefined ? undefined : startTicksOf(pid);
    if (pid !== undefined && startTicks !== undefined)
      this.hold({ kind: 'process', pid, startTicks, ...options });
  }

  /** A last line that was cut off by a kill is left out. */
  entries(): readonly Held[] {
    if (!existsSync(this.path)) return [];
    return readFileSync(this.path, 'utf8')
      .split('\n')
      .flatMap((line) => {
        try {
          return [JSON.parse(line) as Held];
        } catch {
          return [];
        }
      });
  }

  /** Undoes everything held, the last first and processes before all else; then the ledger is empty. */
  async undo(): Promise<readonly Held[]> {
    const held = [...this.entries()].reverse();
    await Promise.all(held.filter((entry) => entry.kind === 'process').map(endProcess));
    // Who would start it again has ended by now.
    await Promise.all(held.filter((entry) => entry.kind === 'pid-file').map(endByPidFile));
    for (const entry of held) await undoOne(entry);
    rmSync(this.path, { force: true });
    return held;
  }
}

async function undoOne(held: Held): Promise<void> {
  switch (held.kind) {
    case 'process':
    case 'pid-file':
      return;
    case 'directory':
      return rmSync(held.path, { recursive: true, force: true });
    case 'netns':
      return ignoreAbsence('ip', ['netns', 'delete', held.name]);
    case 'mount':
      // Lazily: a file system whose server was killed answers nobody.
      return ignoreAbsence('umount', ['-l', held.path]);
    case 'bridge':
    case 'link':
      return ignoreAbsence('ip', ['link', 'delete', held.name]);
    case 'cgroup':
      return removeCgroup(held.name);
    case 'rule':
      return ignoreAbsence('iptables', ['-w', '-t', held.table, '-D', held.chain, ...held.rule]);
  }
}

/** What is gone already needs no undoing; what cannot be undone shows when the next start makes it. */
async function ignoreAbsence(command: string, args: readonly string[]): Promise<void> {
  await run(command, [...args]).catch(() => undefined);
}

async function endByPidFile({ path, argument }: Held & { readonly kind: 'pid-file' }): Promise<void> {
  const pid = Number(readText(path));
  const startTicks = startTicksOf(pid);
  if (startTicks === undefined || !readText(`/proc/${pid}/cmdline`).split('\0').includes(argument)) return;
  await endProcess({ kind: 'process', pid, startTicks });
}

/** Empty where there is none. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

async function endProcess(held: Held & { readonly kind: 'process' }): Promise<void> {
  const alive = (): boolean => startTicksOf(held.pid) === held.startTicks;
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (alive()) process.kill(held.pid, name);
    } catch {
      // It ended in between.
    }
  };
  signal(held.abrupt ? 'SIGKILL' : 'SIGTERM');
  const started = performance.now();
  for (let killed = false; alive() && performance.now() - started < 2 * GRACE_MS; await delay(20)) {
    if (killed || performance.now() - started < GRACE_MS) continue;
    signal('SIGKILL');
    killed = true;
  }
}

/**
 * Engines leave a group per controller (cgroup v1) or one (v2). Only empty groups can be removed: what ran in them was
 * killed just before, and is waited for.
 */
async function removeCgroup(name: string): Promise<void> {
  const root = '/sys/fs/cgroup';
  const folders = [join(root, name), ...readdirSync(root).map((entry) => join(root, entry, name))];
  for (const deadline = performance.now() + GRACE_MS; ; await delay(20)) {
    const left = folders.filter((folder) => existsSync(folder));
    if (left.length === 0 || performance.now() > deadline) return;
    left.forEach(removeTree);
  }
}

function removeTree(folder: string): void {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) removeTree(join(folder, entry.name));
    rmdirSync(folder);
  } catch {
    // A process still ends in it. Left over, it costs nothing, and the next start uses it again.
  }
}
