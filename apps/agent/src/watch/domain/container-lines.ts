import { countOf, valueOf } from './count.js';
import { trafficOf } from './host-lines.js';
import type { ContainerCounters, ContainerDetails, DiskIo } from './look.js';

const NANOS_PER_SECOND = 1e9;
const MICROS_PER_SECOND = 1e6;
/** cgroup v1 writes the largest whole number of pages where there is no limit. */
const NO_MEMORY_LIMIT = 2 ** 62;

/**
 * Blocks of a container in a slow look: what follows each line "Linux". The last also has the control group of its
 * first process.
 */
export const DETAIL_BLOCKS = 6;

/**
 * Whether the block was read to its end while the container lived: the control group of its first process, which is
 * read last, is the container's own.
 */
export function isOf(id: string, block: readonly string[]): boolean {
  return block.some((line) => /^\d+:[^:]*:\//.test(line) && line.includes(id));
}

/** Undefined where something is missing, or there twice. */
export function parseCounters(pid: number, block: readonly string[]): ContainerCounters | undefined {
  const isV2 = block.some((line) => line.startsWith('usage_usec '));
  const numbers = block.filter((line) => /^\d+$/.test(line)).map(countOf);
  // v1 has no names for the CPU time, which comes first, and the memory.
  const [usage, memory] = isV2 ? [valueOf(block, 'usage_usec '), numbers[0]] : numbers;
  const inactive = valueOf(block, isV2 ? 'inactive_file ' : 'total_inactive_file ');
  if (numbers.length !== (isV2 ? 1 : 2) || usage === undefined || memory === undefined) return undefined;
  if (inactive === undefined) return undefined;
  const periods = periodsOf(block, isV2);
  const oomKills = valueOf(block, 'oom_kill ');
  return {
    pid,
    cpuSeconds: usage / (isV2 ? MICROS_PER_SECOND : NANOS_PER_SECOND),
    ...(periods && { periods }),
    // Counted one after the other, so the part may be more than the whole.
    memoryBytes: Math.max(0, memory - inactive),
    ...(oomKills !== undefined && { oomKills }),
  };
}

function periodsOf(block: readonly string[], isV2: boolean): ContainerCounters['periods'] {
  const all = valueOf(block, 'nr_periods ');
  const throttled = valueOf(block, 'nr_throttled ');
  const time = valueOf(block, isV2 ? 'throttled_usec ' : 'throttled_time ');
  if (!all || throttled === undefined || time === undefined) return undefined;
  return { all, throttled, throttledSeconds: time / (isV2 ? MICROS_PER_SECOND : NANOS_PER_SECOND) };
}

/**
 * Of the blocks of disk I/O, processes, CPU limit, memory limit, CPUs and network. With v1, the limit of reading disks
 * stands in the first block and that of writing in the second one, as both have the same lines.
 */
export function parseDetails(
  blocks: readonly (readonly string[])[],
  disks: { has(id: string): boolean },
): ContainerDetails {
  const [disk = [], count = [], limit = [], most = [], set = [], net = []] = blocks;
  const diskIo = diskIoOf(disk, disks);
  const network = trafficOf(net, (name) => name !== 'lo');
  const [processesLine, ...others] = count.filter((line) => /^\d+$/.test(line));
  const processes = others.length === 0 ? countOf(processesLine) : undefined;
  const cpus = cpuLimitOf(limit);
  const memoryBytes = most.length === 1 ? countOf(most[0]) : undefined;
  const cpuset = set.length === 1 ? set[0] : undefined;
  return {
    ...(diskIo && { diskIo }),
    ...(network && { network }),
    ...(processes !== undefined && { processes }),
    limits: {
      ...(cpus !== undefined && { cpus }),
      ...(memoryBytes !== undefined && memoryBytes < NO_MEMORY_LIMIT && { memoryBytes }),
      ...(cpuset !== undefined && { cpuset }),
      ...diskLimitsOf(disk, count, disks),
    },
  };
}

/** v2: `30000 100000` or `max 100000`; v1: the two in a line each, -1 where there is no limit. */
function cpuLimitOf(lines: readonly string[]): number | undefined {
  const [quota, period] = lines.join(' ').split(' ').map(countOf);
  return quota === undefined || !period ? undefined : quota / period;
}

/** Of several disks the lowest. v2: `254:0 rbps=4096 wbps=max riops=max wiops=max`; v1: `254:0 4096`. */
function diskLimitsOf(
  reading: readonly string[],
  writing: readonly string[],
  disks: { has(id: string): boolean },
): Pick<ContainerDetails['limits'], 'diskReadBytesPerSecond' | 'diskWriteBytesPerSecond'> {
  const lowest = (lines: readonly string[], pattern: RegExp): number | undefined => {
    const found = lines.flatMap((line) => {
      const [, disk = '', bytes] = pattern.exec(line) ?? [];
      return disks.has(disk) ? (countOf(bytes) ?? []) : [];
    });
    return found.length === 0 ? undefined : Math.min(...found);
  };
  const read = lowest(reading, /^(\d+:\d+) (?:rbps=)?(\d+)(?: |$)/);
  const write = lowest(writing, /^(\d+:\d+) (\d+)$/) ?? lowest(reading, /^(\d+:\d+) rbps=\w+ wbps=(\d+) /);
  return {
    ...(read !== undefined && { diskReadBytesPerSecond: read }),
    ...(write !== undefined && { diskWriteBytesPerSecond: write }),
  };
}

/** v1 ends with a total even before the first I/O; v2 has no line then, but says whether it counts. */
function diskIoOf(
  lines: readonly string[],
  disks: { has(id: string): boolean },
): ReadonlyMap<string, DiskIo> | undefined {
  const isCounted = lines.some((line) => line.startsWith('Total ') || line.split(' ').includes('io'));
  if (!isCounted) return undefined;
  const io = new Map<string, DiskIo>();
  for (const line of lines) {
    const [, old = '', way, bytes] = /^(\d+:\d+) (Read|Write) (\d+)$/.exec(line) ?? [];
    if (way !== undefined && disks.has(old)) {
      const known = io.get(old) ?? { readBytes: 0, writtenBytes: 0 };
      io.set(old, { ...known, [way === 'Read' ? 'readBytes' : 'writtenBytes']: Number(bytes) });
    }
    // Some kernels write devices without I/O before it, in the same line.
    const [, disk = '', read, written] =
      /^(?:\d+:\d+ )*?(\d+:\d+) rbytes=(\d+) wbytes=(\d+) /.exec(line) ?? [];
    if (read !== undefined && disks.has(disk))
      io.set(disk, { readBytes: Number(read), writtenBytes: Number(written) });
  }
  return io;
}
