import type {
  ContainerCounters,
  ContainerDetails,
  CpuTimes,
  DiskIo,
  HostCounters,
  Look,
  Traffic,
} from './look.js';

export interface HostFigures {
  /** In cores: 1.5 is one core in full and half of another. `used` is all but idle and iowait. */
  readonly cores: CpuTimes & { readonly used: number };
  readonly cpus: number;
  readonly load1: number;
  readonly pressure?: HostCounters['pressure'];
  readonly memory: HostCounters['memory'];
  /** Bytes a second; left out where a disk came or went, or its counters began anew. */
  readonly diskIo?: DiskIo;
  /** The same of network interfaces. */
  readonly network?: Traffic;
}

export interface ContainerFigures {
  readonly coresUsed: number;
  /** The most within 100 ms of the window, never less than `coresUsed`; left out where nobody asked for it. */
  readonly cpuPeak?: number;
  /** Of its CPU limit, within the window. */
  readonly periods?: { readonly all: number; readonly throttled: number; readonly throttledSeconds: number };
  readonly memoryBytes: number;
  /** Within the window. */
  readonly oomKills?: number;
}

/** Bytes a second. */
export interface ContainerRates {
  readonly diskIo?: DiskIo;
  readonly network?: Traffic;
}

/** What happened on a node between two looks. */
export interface Figures {
  readonly windowMs: number;
  /** Left out where CPU time of the host ran backwards. */
  readonly host?: HostFigures;
  /** Without those that started, restarted or could not be read in one of the two. */
  readonly containers: ReadonlyMap<string, ContainerFigures>;
  /** Between two slow looks: without those whose counters began anew. */
  readonly rates?: ReadonlyMap<string, ContainerRates>;
}

/**
 * A part of a look is read some time after its begin: at most `tookMs`. So a rate is wrong by that share of the window
 * at most. Windows in which more than this share is unsure give no figures.
 */
const MOST_UNSURE = 0.2;

const DISK_IO = ['readBytes', 'writtenBytes'] as const;
const TRAFFIC = ['inBytes', 'outBytes'] as const;
const UNUSED: DiskIo = { readBytes: 0, writtenBytes: 0 };

/**
 * What was counted from the earlier look to the later one, over the node's own time between them. A gap in their
 * sequence only makes the window longer. Undefined where the node started anew between them, where they are in the
 * wrong order, or where reading took too long for the window.
 */
export function figuresBetween(earlier: Look, later: Look): Figures | undefined {
  const windowMs = later.uptimeMs - earlier.uptimeMs;
  if (earlier.bootId !== later.bootId || windowMs <= 0) return undefined;
  if (earlier.tookMs + later.tookMs > windowMs * MOST_UNSURE) return undefined;
  const seconds = windowMs / 1000;
  const host = hostFigures(earlier.host, later.host, seconds);
  const containers = new Map<string, ContainerFigures>();
  for (const [id, counters] of later.containers) {
    const before = earlier.containers.get(id);
    const figures = before && containerFigures(before, counters, seconds);
    if (figures) containers.set(id, figures);
  }
  const rates = ratesBetween(earlier, later, seconds);
  return { windowMs, ...(host && { host }), containers, ...(rates && { rates }) };
}

function hostFigures(earlier: HostCounters, later: HostCounters, seconds: number): HostFigures | undefined {
  const cores = coresBetween(earlier.cpu, later.cpu, seconds);
  if (cores === undefined) return undefined;
  const { cpus, load1, pressure, memory } = later;
  const diskIo = sumOfRates(earlier.diskIo, later.diskIo, DISK_IO, seconds);
  const network = sumOfRates(earlier.network, later.network, TRAFFIC, seconds);
  return {
    ...{ cores, cpus, load1, memory },
    ...(pressure && { pressure }),
    ...(diskIo && { diskIo }),
    ...(network && { network }),
  };
}

function coresBetween(earlier: CpuTimes, later: CpuTimes, seconds: number): HostFigures['cores'] | undefined {
  const share = (state: keyof CpuTimes): number => (later[state] - earlier[state]) / seconds;
  const busy = ['user', 'nice', 'system', 'irq', 'softirq', 'steal'] as const;
  if (busy.some((state) => share(state) < 0)) return undefined;
  return {
    ...{ user: share('user'), nice: share('nice'), system: share('system') },
    // The kernel lets these two run backwards by a tick, where a CPU sleeps.
    ...{ idle: Math.max(0, share('idle')), iowait: Math.max(0, share('iowait')) },
    ...{ irq: share('irq'), softirq: share('softirq'), steal: share('steal') },
    used: busy.reduce((sum, state) => sum + share(state), 0),
  };
}

/** Undefined where its counters began anew. */
function containerFigures(
  earlier: ContainerCounters,
  later: ContainerCounters,
  seconds: number,
): ContainerFigures | undefined {
  const usedSeconds = later.cpuSeconds - earlier.cpuSeconds;
  if (earlier.pid !== later.pid || usedSeconds < 0) return undefined;
  const periods = periodsBetween(earlier.periods, later.periods);
  const oomKills = (later.oomKills ?? NaN) - (earlier.oomKills ?? NaN);
  const coresUsed = usedSeconds / seconds;
  const { cpuPeak } = later;
  return {
    coresUsed,
    ...(cpuPeak !== undefined && { cpuPeak: Math.max(cpuPeak, coresUsed) }),
    ...(periods && { periods }),
    memoryBytes: later.memoryBytes,
    ...(oomKills >= 0 && { oomKills }),
  };
}

const NO_PERIODS = { all: 0, throttled: 0, throttledSeconds: 0 };

/** A container that had no limit at the earlier look had no periods until then. */
function periodsBetween(
  earlier: ContainerCounters['periods'] = NO_PERIODS,
  later: ContainerCounters['periods'],
): ContainerFigures['periods'] {
  if (later === undefined) return undefined;
  const between = {
    all: later.all - earlier.all,
    throttled: later.throttled - earlier.throttled,
    throttledSeconds: later.throttledSeconds - earlier.throttledSeconds,
  };
  return Object.values(between).some((count) => count < 0) ? undefined : between;
}

function ratesBetween(
  earlier: Look,
  later: Look,
  seconds: number,
): ReadonlyMap<string, ContainerRates> | undefined {
  if (earlier.details === undefined || later.details === undefined) return undefined;
  const rates = new Map<string, ContainerRates>();
  for (const [id, details] of later.details) {
    const before = earlier.details.get(id);
    const isSame = earlier.containers.get(id)?.pid === later.containers.get(id)?.pid;
    if (before && isSame) rates.set(id, ratesOf(before, details, seconds));
  }
  return rates;
}

function ratesOf(earlier: ContainerDetails, later: ContainerDetails, seconds: number): ContainerRates {
  // A disk appears with the first I/O on it.
  const unused = [...(later.diskIo?.keys() ?? [])].map((disk) => [disk, UNUSED] as const);
  const disksBefore = earlier.diskIo && new Map([...unused, ...earlier.diskIo]);
  const diskIo = sumOfRates(disksBefore, later.diskIo, DISK_IO, seconds);
  const network = sumOfRates(earlier.network, later.network, TRAFFIC, seconds);
  return { ...(diskIo && { diskIo }), ...(network && { network }) };
}

type Counters<K extends string> = ReadonlyMap<string, Readonly<Record<K, number>>>;

/** Undefined where one is not in both, or one of its counters began anew. */
function sumOfRates<K extends string>(
  earlier: Counters<K> | undefined,
  later: Counters<K> | undefined,
  kinds: readonly [K, K],
  seconds: number,
): Record<K, number> | undefined {
  if (!earlier || !later || earlier.size !== later.size) return undefined;
  const sums = { [kinds[0]]: 0, [kinds[1]]: 0 } as Record<K, number>;
  for (const [name, counters] of later) {
    const before = earlier.get(name);
    for (const kind of kinds) {
      const more = counters[kind] - (before?.[kind] ?? Infinity);
      if (more < 0) return undefined;
      sums[kind] += more / seconds;
    }
  }
  return sums;
}
