import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '../../scripts/one-machine/slot.js';
import type { DemoRun } from './demo-run.js';

const run = promisify(execFile);

/** The number in the names of all that this demo has on the host. */
export function slotOf(demo: DemoRun): number {
  const slots = join(cacheDirectory(), 'slots');
  const pidOf = (slot: string): number => Number(readFileSync(join(slots, slot, 'pid'), 'utf8'));
  const found = readdirSync(slots).find(
    (slot) => existsSync(join(slots, slot, 'pid')) && pidOf(slot) === demo.pid,
  );
  if (found === undefined) throw new Error(`The demo (process ${demo.pid}) has no slot.`);
  return Number(found);
}

/**
 * What a demo has on this host: processes, bridge, network namespaces, mounts, control groups, firewall rules. Other
 * set-ups may run beside it.
 */
export async function tracesOf(demo: DemoRun, slot: number): Promise<readonly string[]> {
  const [links, namespaces, rules] = await Promise.all([
    run('ip', ['-o', 'link', 'show', 'type', 'bridge']),
    run('ip', ['netns', 'list']),
    run('iptables-save', []),
  ]);
  const lines = [
    ...links.stdout.split('\n'),
    ...namespaces.stdout.split('\n'),
    ...rules.stdout.split('\n'),
    ...readFileSync('/proc/mounts', 'utf8').split('\n'),
    ...controlGroups(),
  ];
  const name = new RegExp(`slipway-?${slot}\\b|slots/${slot}/`);
  return [...lines.filter((line) => name.test(line)), ...processesOf(demo)];
}

/** The groups of every hierarchy (v1) and of the one (v2). */
function controlGroups(): readonly string[] {
  const root = '/sys/fs/cgroup';
  const below = (path: string): readonly string[] =>
    readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(path, entry.name));
  return below(root).flatMap((path) => [path, ...below(path)]);
}

/** The process id of the demo's platform. */
export function platformOf(demo: DemoRun): number {
  const [, pid] =
    processesOf(demo)
      .map((line) => /^process (\d+): .*standalone\/src\/main\.js/.exec(line))
      .find((match) => match !== null) ?? [];
  if (pid === undefined) throw new Error(`The demo (process ${demo.pid}) has no platform.`);
  return Number(pid);
}

function processesOf({ mark }: DemoRun): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark)) return [];
        return [`process ${pid}: ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`];
      } catch {
        return []; // It ended meanwhile.
      }
    });
}
