import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Child } from './child.js';
import type { ControlGroup } from './control-group.js';
import type { SetUp } from './set-up.js';

const run = promisify(execFile);

const PROGRAM = '/usr/bin/lxcfs';
const DEVICE = '/dev/fuse';
const CPUS = '/sys/devices/system/cpu/online';
/** diskstats has a machine's own figures with cgroup v2 only: version 1 no longer has the files that lxcfs reads. */
const FILES = ['cpuinfo', 'diskstats', 'loadavg', 'meminfo', 'stat', 'swaps', 'uptime'].map(
  (name) => `/proc/${name}`,
);
const PRESSURES = ['cpu', 'io', 'memory'];

/** Files such as /proc/stat that give each reader the figures of the control group of its namespace's first process. */
export interface HostFigures {
  /** Holds them as `proc/stat`; undefined where machines see the figures of this one. */
  readonly folder: string | undefined;
  stop(): Promise<void>;
}

/** One lxcfs for all machines of the set-up. */
export async function startHostFigures({ slot, report }: SetUp): Promise<HostFigures> {
  if (!existsSync(DEVICE)) {
    report('Host figures', 'working', 0, `there is no ${DEVICE}: nodes show those of this machine`);
    return { folder: undefined, stop: () => Promise.resolve() };
  }
  const folder = join(slot.directory, 'lxcfs');
  slot.ledger.hold({ kind: 'mount', path: folder });
  mkdirSync(folder, { recursive: true });
  const options = ['--foreground', '--enable-loadavg', '--pidfile', join(slot.directory, 'lxcfs.pid')];
  // Asked to end in order, it takes 7 s.
  const child = new Child('lxcfs', PROGRAM, [...options, folder], { ledger: slot.ledger, abrupt: true });
  await child.until(() => Promise.resolve(existsSync(join(folder, 'proc', 'stat'))));
  const stop = async (): Promise<void> => {
    await child.kill();
    await run('umount', ['--lazy', folder]);
  };
  return { folder, stop };
}

const SHOW = `set -eu
mount --all --fstab "$1"
shift
exec "$@"
`;

/**
 * Before a program and its arguments, in a mount namespace of its own: it and all others there see figures of the machine.
 * The list of mounts is written to the machine's folder. Containers mount a /proc of their own.
 */
export function showing(folder: string, figures: string | undefined, group: ControlGroup): readonly string[] {
  const pressures = PRESSURES.map((name) => [
    join(group.pressureFolder, `${name}.pressure`),
    `/proc/pressure/${name}`,
  ]).filter((paths) => paths.every((path) => existsSync(path)));
  const mounts = [
    ...(figures === undefined ? [] : [...FILES, CPUS].map((path) => [join(figures, path), path])),
    ...pressures,
  ];
  const list = join(folder, 'figures.fstab');
  writeFileSync(list, mounts.map((paths) => `${paths.map(escaped).join(' ')} none bind 0 0\n`).join(''));
  return ['bash', '-c', SHOW, 'show', list];
}

/** As fstab(5) has it. */
function escaped(path: string): string {
  return path.replaceAll(/[\s\\]/g, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
