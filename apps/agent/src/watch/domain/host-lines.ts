import { countOf, valueOf } from './count.js';
import type { CpuTimes, DiskIo, HostCounters, Traffic } from './look.js';

/** The kernel tells CPU time in hundredths of a second, however it counts itself. */
const TICKS_PER_SECOND = 100;
const SECTOR_BYTES = 512;
const KIB = 1024;

/** Beside disks: what stands upon them, and what is no disk. */
const NO_DISK = /^(?:loop|ram|zram|dm-|md|sr|fd|bcache|drbd|nbd)/;
/** Beside cards: loopback, what leads into containers and virtual machines, and what stands upon cards. */
const NO_CARD =
  /^(?:lo|veth|docker|br-|br\d|virbr|vnet|cni|flannel|cali|lxc|lxd|kube-|nerdctl|podman|vxlan|geneve|ifb|dummy|tun|tap|wg|bond|team|tunl|sit|ip6tnl|gre|erspan)|[.:@]/;

/** Undefined where something is missing, or there twice. */
export function parseHost(lines: readonly string[]): HostCounters | undefined {
  const cpu = cpuTimes(lines);
  const cpus = lines.filter((line) => /^cpu\d/.test(line)).length;
  const load1 = loadOf(lines);
  const memory = memoryOf(lines);
  const diskIo = disksOf(lines);
  const network = trafficOf(lines, (name) => !NO_CARD.test(name));
  if (!cpu || cpus === 0 || load1 === undefined || !memory || !diskIo || !network) return undefined;
  const pressure = pressureOf(lines);
  return { cpu, cpus, load1, ...(pressure && { pressure }), memory, diskIo, network };
}

function cpuTimes(lines: readonly string[]): CpuTimes | undefined {
  const found = lines.filter((line) => line.startsWith('cpu '));
  const times = found[0]?.trim().split(/ +/).slice(1, 9).map(countOf);
  if (found.length !== 1 || times?.length !== 8 || times.includes(undefined)) return undefined;
  const [user, nice, system, idle, iowait, irq, softirq, steal] = times.map(
    (ticks = 0) => ticks / TICKS_PER_SECOND,
  ) as [number, number, number, number, number, number, number, number];
  return { user, nice, system, idle, iowait, irq, softirq, steal };
}

function loadOf(lines: readonly string[]): number | undefined {
  const found = lines.map((line) => /^(\d+\.\d+) \d+\.\d+ \d+\.\d+ \d+\/\d+/.exec(line)).filter(Boolean);
  return found.length === 1 ? Number(found[0]?.[1]) : undefined;
}

function memoryOf(lines: readonly string[]): HostCounters['memory'] | undefined {
  const [total, available, swapTotal, swapFree] = [
    valueOf(lines, 'MemTotal:'),
    valueOf(lines, 'MemAvailable:'),
    valueOf(lines, 'SwapTotal:'),
    valueOf(lines, 'SwapFree:'),
  ];
  if (total === undefined || available === undefined || swapTotal === undefined || swapFree === undefined)
    return undefined;
  return {
    totalBytes: total * KIB,
    availableBytes: available * KIB,
    swapTotalBytes: swapTotal * KIB,
    swapFreeBytes: swapFree * KIB,
  };
}

/** Of CPU, memory and I/O in this order; the lines do not say of which they are. */
function pressureOf(lines: readonly string[]): HostCounters['pressure'] {
  const found = lines
    .map((line) => /^some avg10=(\d+\.\d+) /.exec(line)?.[1])
    .filter((share) => share !== undefined);
  if (found.length !== 3) return undefined;
  const [cpu = 0, memory = 0, io = 0] = found.map(Number);
  return { cpu, memory, io };
}

function disksOf(lines: readonly string[]): ReadonlyMap<string, DiskIo> | undefined {
  const rows = new Map<string, { id: string; io: DiskIo }>();
  for (const line of lines) {
    if (!/^ *\d+ +\d+ [a-z]/.test(line)) continue;
    const [major, minor, name = '', , , read, , , , written] = line.trim().split(/ +/);
    const [sectorsIn, sectorsOut] = [countOf(read), countOf(written)];
    if (rows.has(name) || sectorsIn === undefined || sectorsOut === undefined) return undefined;
    const io = { readBytes: sectorsIn * SECTOR_BYTES, writtenBytes: sectorsOut * SECTOR_BYTES };
    rows.set(name, { id: `${major}:${minor}`, io });
  }
  const disks = [...rows].filter(([name]) => !NO_DISK.test(name) && !isPartition(name, rows));
  return new Map(disks.map(([, { id, io }]) => [id, io]));
}

/** `sda1` of `sda`, `nvme0n1p2` of `nvme0n1`; `xvda1` of a machine without `xvda` is a disk. */
function isPartition(name: string, rows: ReadonlyMap<string, unknown>): boolean {
  const disk = /^(.*\d)p\d+$/.exec(name)?.[1] ?? /^(.*\D)\d+$/.exec(name)?.[1];
  return disk !== undefined && rows.has(disk);
}

/** Of the lines of net/dev whose interface counts; undefined where there are none, one is there twice, or not whole. */
export function trafficOf(
  lines: readonly string[],
  counts: (name: string) => boolean,
): ReadonlyMap<string, Traffic> | undefined {
  const seen = new Set<string>();
  const traffic = new Map<string, Traffic>();
  for (const line of lines) {
    const [, name, numbers] = /^ *([^ ]+): *(\d+ +\d+ .*)$/.exec(line) ?? [];
    if (name === undefined || numbers === undefined) continue;
    const values = numbers.trim().split(/ +/).map(countOf);
    const [inBytes, outBytes] = [values[0], values[8]];
    if (seen.has(name) || values.length !== 16 || inBytes === undefined || outBytes === undefined)
      return undefined;
    seen.add(name);
    if (counts(name)) traffic.set(name, { inBytes, outBytes });
  }
  return seen.size === 0 ? undefined : traffic;
}
