import fc from 'fast-check';
import type { ContainerCounters, ContainerDetails, HostCounters } from './domain/look.js';

/** A machine and its containers, from which both the text of an answer and what it says are made. */
export interface Machine {
  readonly version: 1 | 2;
  readonly host: HostCounters;
  readonly containers: readonly {
    readonly id: string;
    readonly usage: bigint;
    readonly memory: bigint;
    readonly inactive: bigint;
    readonly counters: ContainerCounters;
    readonly details: ContainerDetails;
  }[];
}

const MAX_COUNT = 2n ** 64n - 1n;
const bigCount = fc.oneof(fc.bigInt(0n, 10_000n), fc.bigInt(0n, MAX_COUNT));
/** What a double holds exactly, also in units of 512 or 1024. */
const count = fc.integer({ min: 0, max: 2 ** 40 });
const id = fc.stringMatching(/^[0-9a-f]{64}$/);
const DISKS = ['8:0', '259:0'];

const traffic = (names: readonly string[]) =>
  fc
    .tuple(...names.map(() => fc.record({ inBytes: count, outBytes: count })))
    .map((all) => new Map(names.map((name, i) => [name, all[i] ?? { inBytes: 0, outBytes: 0 }])));

const diskIo = fc.tuple(...DISKS.map(() => fc.record({ readBytes: count, writtenBytes: count }))).map(
  (all) =>
    new Map(
      DISKS.map((disk, i) => {
        const { readBytes = 0, writtenBytes = 0 } = all[i] ?? {};
        return [disk, { readBytes: readBytes * 512, writtenBytes: writtenBytes * 512 }];
      }),
    ),
);

const ticks = count.map((n) => n / 100);
const cpu = fc.record({
  ...{ user: ticks, nice: ticks, system: ticks, idle: ticks },
  ...{ iowait: ticks, irq: ticks, softirq: ticks, steal: ticks },
});
const share = fc.integer({ min: 0, max: 10_000 }).map((n) => n / 100);
const kib = count.map((n) => n * 1024);

const host: fc.Arbitrary<HostCounters> = fc
  .record(
    {
      cpu,
      cpus: fc.integer({ min: 1, max: 9 }),
      load1: share,
      pressure: fc.record({ cpu: share, memory: share, io: share }),
      memory: fc.record({
        ...{ totalBytes: kib, availableBytes: kib },
        ...{ swapTotalBytes: kib, swapFreeBytes: kib },
      }),
      diskIo,
      network: traffic(['eth0', 'enp3s0']),
    },
    { requiredKeys: ['cpu', 'cpus', 'load1', 'memory', 'diskIo', 'network'] },
  )
  .map((made) => made);

const container = (version: 1 | 2) =>
  fc
    .record({
      id,
      usage: bigCount,
      memory: bigCount,
      inactive: bigCount,
      pid: fc.integer({ min: 2, max: 2 ** 22 }),
      periods: fc.option(fc.record({ all: fc.integer({ min: 1 }), throttled: count, time: bigCount }), {
        nil: undefined,
      }),
      oomKills: fc.option(count, { nil: undefined }),
      diskIo: fc.option(diskIo, { nil: undefined }),
      network: fc.option(traffic(['eth0', 'eth1']), { nil: undefined }),
      processes: fc.option(count, { nil: undefined }),
      quota: fc.option(fc.integer({ min: 1_000, max: 6_400_000 }), { nil: undefined }),
      memoryBytes: fc.option(count, { nil: undefined }),
      cpuset: fc.option(fc.constantFrom('0', '0-3', '0,2-5,17'), { nil: undefined }),
    })
    .map(({ usage, memory, inactive, ...made }) => {
      const unit = version === 1 ? 1e9 : 1e6;
      const { pid, periods, oomKills, quota, memoryBytes, cpuset } = made;
      const counters: ContainerCounters = {
        pid,
        cpuSeconds: Number(usage) / unit,
        ...(periods && {
          periods: {
            all: periods.all,
            throttled: periods.throttled,
            throttledSeconds: Number(periods.time) / unit,
          },
        }),
        memoryBytes: Math.max(0, Number(memory) - Number(inactive)),
        ...(oomKills !== undefined && { oomKills }),
      };
      const details: ContainerDetails = {
        ...(made.diskIo && { diskIo: made.diskIo }),
        ...(made.network && { network: made.network }),
        ...(made.processes !== undefined && { processes: made.processes }),
        limits: {
          ...(quota !== undefined && { cpus: quota / 100_000 }),
          ...(memoryBytes !== undefined && { memoryBytes }),
          ...(cpuset !== undefined && { cpuset }),
        },
      };
      return { id: made.id, usage, memory, inactive, counters, details, periodTime: periods?.time };
    });

export const machine: fc.Arbitrary<Machine> = fc.constantFrom<1 | 2>(1, 2).chain((version) =>
  fc.record({
    version: fc.constant(version),
    host,
    containers: fc.uniqueArray(container(version), { maxLength: 4, selector: (one) => one.id }),
  }),
);

const netLine = ([name, { inBytes, outBytes }]: [string, { inBytes: number; outBytes: number }]): string =>
  `${name.padStart(6)}: ${inBytes}       1    0    0    0     0          0         0 ${outBytes}     1    0    0    0     0       0          0`;

/** As /proc has them, in the order of the loop, picked by its patterns. */
export function hostLines({ cpu, cpus, load1, pressure, memory, diskIo, network }: HostCounters): string[] {
  const ticksOf = Object.values(cpu).map((seconds) => Math.round(seconds * 100));
  const kibOf = (bytes: number): string => `${bytes / 1024} kB`;
  const sectors = (disk: string): readonly number[] => {
    const { readBytes = 0, writtenBytes = 0 } = diskIo.get(disk) ?? {};
    return [readBytes / 512, writtenBytes / 512];
  };
  const diskLine = (disk: string, name: string): string => {
    const [read, written] = sectors(disk);
    // lxcfs puts no spaces before.
    const indent = name === 'sda' ? '   ' : '';
    return `${indent}${disk.replace(':', '       ')} ${name} 5 1 ${read} 4 7 2 ${written} 0 0 0 0`;
  };
  return [
    `cpu  ${ticksOf.join(' ')} 7 8`,
    ...Array.from({ length: cpus }, (_, index) => `cpu${index} 1 2 3 4 5 6 7 8 9 10`),
    `${load1.toFixed(2)} 0.20 0.30 1/234 5678`,
    `MemTotal:       ${kibOf(memory.totalBytes)}`,
    `MemAvailable:   ${kibOf(memory.availableBytes)}`,
    `SwapTotal:      ${kibOf(memory.swapTotalBytes)}`,
    `SwapFree:       ${kibOf(memory.swapFreeBytes)}`,
    ...(pressure
      ? [pressure.cpu, pressure.memory, pressure.io].map(
          (some) => `some avg10=${some.toFixed(2)} avg60=9.99 avg300=9.99 total=12345`,
        )
      : []),
    diskLine('8:0', 'sda'),
    '   8       1 sda1 5 1 7777 4 7 2 7777 0 0 0 0',
    diskLine('259:0', 'nvme0n1'),
    ' 259       1 nvme0n1p1 5 1 7777 4 7 2 7777 0 0 0 0',
    ' 253       0 dm-0 5 1 7777 4 7 2 7777 0 0 0 0',
    netLine(['lo', { inBytes: 9, outBytes: 9 }]),
    ...[...network].map(netLine),
    netLine(['docker0', { inBytes: 9, outBytes: 9 }]),
    netLine(['veth12ab', { inBytes: 9, outBytes: 9 }]),
    netLine(['eth0.100', { inBytes: 9, outBytes: 9 }]),
  ];
}

type ContainerText = Machine['containers'][number] & { readonly periodTime?: bigint | undefined };

const proof = (version: 1 | 2, id: string): string =>
  version === 1 ? `4:memory:/docker/${id}` : `0::/system.slice/docker-${id}.scope/init`;

/** What the files of a container say, a list for each file. */
export function counterFiles(version: 1 | 2, made: ContainerText): readonly (readonly string[])[] {
  const { periods, oomKills } = made.counters;
  const limit = (time: string): string[] => [
    `nr_periods ${periods?.all ?? 0}`,
    `nr_throttled ${periods?.throttled ?? 0}`,
    `${time} ${made.periodTime ?? 0}`,
  ];
  const killed = oomKills === undefined ? [] : [`oom_kill ${oomKills}`];
  if (version === 1)
    return [
      [`${made.usage}`],
      limit('throttled_time'),
      [`${made.memory}`],
      [`total_inactive_file ${made.inactive}`],
      ['under_oom 0', ...killed],
      [proof(version, made.id)],
    ];
  return [
    [`usage_usec ${made.usage}`, ...limit('throttled_usec')],
    [`${made.memory}`],
    [`inactive_file ${made.inactive}`],
    killed,
    [proof(version, made.id)],
  ];
}

function detailLines(version: 1 | 2, { id, details }: ContainerText): readonly string[] {
  const { diskIo, network, processes, limits } = details;
  const quota = limits.cpus === undefined ? undefined : Math.round(limits.cpus * 100_000);
  const disks = [...(diskIo ?? [])];
  const disk =
    version === 1
      ? disks.flatMap(([name, io]) => [`${name} Read ${io.readBytes}`, `${name} Write ${io.writtenBytes}`])
      : disks.map(
          ([name, io]) => `7:7 7:6 ${name} rbytes=${io.readBytes} wbytes=${io.writtenBytes} rios=1 wios=2`,
        );
  const counted = version === 1 ? ['253:0 Read 777', 'Total 77'] : ['cpuset cpu io memory pids'];
  const noLimit = version === 1 ? '9223372036854771712' : 'max';
  const cpu =
    version === 1 ? [`${quota ?? -1}`, '100000'] : [`${quota === undefined ? 'max' : quota} 100000`];
  return [
    ...['Linux', ...(diskIo ? [...disk, ...counted] : [])],
    ...['Linux', ...(processes === undefined ? [] : [`${processes}`])],
    ...['Linux', ...cpu],
    ...['Linux', `${limits.memoryBytes ?? noLimit}`],
    ...['Linux', ...(limits.cpuset === undefined ? [] : [limits.cpuset])],
    ...[
      'Linux',
      ...(network ? [netLine(['lo', { inBytes: 9, outBytes: 9 }]), ...[...network].map(netLine)] : []),
    ],
    proof(version, id),
  ];
}

export const SLOW_LINES = [
  'clock 1795960037.787945889',
  'Filesystem     1024-blocks     Used Available Capacity Mounted on',
  '/dev/vda         264212084 21419368  74081896      23% /',
];

/** The lines of an answer; `files` may leave out what vanished. */
export function linesOf(
  { version, host, containers }: Machine,
  isSlow: boolean,
  files: (made: ContainerText) => readonly (readonly string[])[] = (made) => counterFiles(version, made),
): readonly string[] {
  return [
    ...hostLines(host),
    ...containers.flatMap((made) => ['Linux', ...files(made).flat()]),
    ...(isSlow ? [...containers.flatMap((made) => detailLines(version, made)), ...SLOW_LINES] : []),
  ];
}
