import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What one machine of the set-up has of this one. What is left out is not limited. */
export interface MachineSize {
  /** Whole processors: an engine tells its users how many it has. */
  readonly cpus?: number;
  readonly memoryMiB?: number;
}

/** The control group of one machine of the set-up, its containers' groups below it. */
export interface ControlGroup {
  /** A process that writes 0 to each of these files is in it. */
  readonly joins: readonly string[];
  /** cpu.pressure, io.pressure and memory.pressure are in this folder, where the kernel has them. */
  readonly pressureFolder: string;
}

interface Write {
  readonly path: string;
  readonly text: string;
  /** The kernel may lack it. */
  readonly optional?: boolean;
}

export interface GroupPlan extends ControlGroup {
  readonly folders: readonly string[];
  readonly writes: readonly Write[];
}

/** What this machine has, and how its kernel groups processes. */
export interface HostGroups {
  readonly version: 1 | 2;
  readonly cpus: readonly number[];
  /** As cpuset.mems has it. */
  readonly memoryNodes: string;
}

interface Wanted {
  readonly name: string;
  readonly size: MachineSize;
  /** Machines with fewer processors than this one start at different ones of them. */
  readonly number: number;
}

const ROOT = '/sys/fs/cgroup';
/** Of version 1. `unified` is for the figures of pressure; groups of the others have nothing of a machine. */
const HIERARCHIES = ['cpu', 'cpuacct', 'cpuset', 'memory', 'blkio', 'pids', 'unified'];
/** Of version 2. */
const CONTROLLERS = ['cpu', 'cpuset', 'memory', 'io', 'pids'];
/**
 * Twice a group's usual weight: the kernel gives a session and the group of its containers one each. With less, engines
 * would be slower beside the platform than on machines of their own.
 */
const SHARES = 2048;
const WEIGHT = 200;

/** @throws when more processors are asked for than there are */
export function planGroup(wanted: Wanted, host: HostGroups): GroupPlan {
  const cpus = processorsOf(wanted, host.cpus).join(',');
  const { memoryMiB } = wanted.size;
  const memory = memoryMiB === undefined ? undefined : String(memoryMiB * 1024 ** 2);
  return host.version === 1
    ? planVersion1(wanted.name, { cpus, memory, memoryNodes: host.memoryNodes })
    : planVersion2(wanted.name, { cpus, memory, memoryNodes: host.memoryNodes });
}

/** A set of processors and no quota: containers may then have as much as the engine says that there is. */
function processorsOf({ name, size, number }: Wanted, all: readonly number[]): readonly number[] {
  const { cpus = all.length } = size;
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > all.length)
    throw new Error(`${name} cannot have ${cpus} processors: this machine has ${all.length}.`);
  const chosen = Array.from({ length: cpus }, (_, n) => all[(number * cpus + n) % all.length] ?? 0);
  return chosen.sort((a, b) => a - b);
}

interface Values {
  readonly cpus: string;
  readonly memory: string | undefined;
  readonly memoryNodes: string;
}

function planVersion1(name: string, { cpus, memory = '-1', memoryNodes }: Values): GroupPlan {
  const folder = (hierarchy: string): string => join(ROOT, hierarchy, name);
  const swap = join(folder('memory'), 'memory.memsw.limit_in_bytes');
  return {
    folders: HIERARCHIES.map(folder),
    writes: [
      { path: join(folder('cpuset'), 'cpuset.cpus'), text: cpus },
      { path: join(folder('cpuset'), 'cpuset.mems'), text: memoryNodes },
      { path: join(folder('cpu'), 'cpu.shares'), text: String(SHARES) },
      // Never below the limit of memory alone, on a group that is there already either.
      { path: swap, text: '-1', optional: true },
      { path: join(folder('memory'), 'memory.limit_in_bytes'), text: memory },
      { path: swap, text: memory, optional: true },
    ],
    joins: HIERARCHIES.map((hierarchy) => join(folder(hierarchy), 'cgroup.procs')),
    pressureFolder: folder('unified'),
  };
}

/** A group with groups below it has no processes: the machine's own are in init.scope, where lxcfs looks above it. */
function planVersion2(name: string, { cpus, memory = 'max', memoryNodes }: Values): GroupPlan {
  const folder = join(ROOT, name);
  const own = join(folder, 'init.scope');
  const passDown = (path: string): readonly Write[] =>
    CONTROLLERS.map((controller) => ({
      ...{ path: join(path, 'cgroup.subtree_control'), text: `+${controller}`, optional: true },
    }));
  return {
    folders: [folder, own],
    writes: [
      ...[...passDown(ROOT), ...passDown(folder)],
      { path: join(folder, 'cpuset.cpus'), text: cpus },
      { path: join(folder, 'cpuset.mems'), text: memoryNodes },
      { path: join(folder, 'cpu.weight'), text: String(WEIGHT) },
      { path: join(folder, 'memory.max'), text: memory },
      { path: join(folder, 'memory.swap.max'), text: memory === 'max' ? 'max' : '0', optional: true },
    ],
    joins: [join(own, 'cgroup.procs')],
    pressureFolder: folder,
  };
}

/** Makes the group, or gives one that is there already these limits. */
export function makeGroup(wanted: Wanted): ControlGroup {
  const { folders, writes, joins, pressureFolder } = planGroup(wanted, hostGroups());
  // Not every kernel has every hierarchy.
  for (const folder of folders)
    if (existsSync(join(folder, '..', 'cgroup.procs'))) mkdirSync(folder, { recursive: true });
  for (const { path, text, optional } of writes)
    try {
      writeFileSync(path, text, { flag: 'r+' });
    } catch (cause) {
      if (!optional) throw new Error(`${text} cannot be written to ${path}`, { cause });
    }
  return { joins: joins.filter((path) => existsSync(path)), pressureFolder };
}

function hostGroups(): HostGroups {
  const version = existsSync(join(ROOT, 'cgroup.controllers')) ? 2 : 1;
  const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8').trim();
  const [cpus, memoryNodes] =
    version === 1
      ? [read('cpuset/cpuset.cpus'), read('cpuset/cpuset.mems')]
      : [read('cpuset.cpus.effective'), read('cpuset.mems.effective')];
  return { version, cpus: numbersOf(cpus), memoryNodes };
}

/** `0-2,5` as 0, 1, 2, 5. */
export function numbersOf(list: string): readonly number[] {
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, n) => first + n);
  });
}

const JOIN = `set -eu
while [ "$1" != -- ]; do echo 0 >"$1"; shift; done
shift
exec "$@"
`;

/** Before a program and its arguments: it runs in the group, and so does what it starts. */
export function joining({ joins }: Pick<ControlGroup, 'joins'>): readonly string[] {
  return ['bash', '-c', JOIN, 'join', ...joins, '--'];
}
