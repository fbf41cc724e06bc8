import type { ObservedInstance, ObservedNode } from '#libs/observations';
import type { Container, Containers } from './containers.js';
import type { ContainerFigures, ContainerRates, Figures, HostFigures } from './figures.js';
import type { ContainerDetails, Look } from './look.js';

type Details = NonNullable<ObservedInstance['details']>;
type Sizes = NonNullable<ObservedNode['sizes']>;

/** What slow looks left behind, until the next one. */
export interface SlowFacts {
  readonly sizes: Sizes | undefined;
  /** By the container's id. */
  readonly details: ReadonlyMap<string, Omit<Details, 'restarts' | 'health'>>;
}

export const NO_SLOW_FACTS: SlowFacts = { sizes: undefined, details: new Map() };

export interface SecondOf extends Pick<ObservedNode, 'node' | 'fence' | 'sequence' | 'observedAt'> {
  readonly look: Look;
  readonly figures: Figures & { readonly host: HostFigures };
  readonly slow: SlowFacts;
  readonly containers: Containers;
}

/** To a thousandth: less would differ each second, of containers that do nothing. */
const fine = (value: number): number => Math.round(Math.max(0, value) * 1_000) / 1_000;
const whole = (value: number): number => Math.round(Math.max(0, value));

/** One second of a node, as its readers see it. */
export function secondOf({ look, figures, slow, containers, ...second }: SecondOf): ObservedNode {
  const all = [...containers.values()];
  const seconds = figures.windowMs / 1_000;
  const instances = all.flatMap((container) => {
    const usage = usageOf(figures.containers.get(container.id), look, container.id, seconds);
    return instanceOf(container, usage, slow);
  });
  return {
    ...second,
    host: hostOf(figures.host, seconds),
    ...(slow.sizes && { sizes: slow.sizes }),
    instances: new Map(instances.map((one) => [one.instance, one])),
    others: othersOf(
      all.filter(({ instance }) => instance === undefined),
      figures,
    ),
  };
}

function instanceOf(
  { id, name, instance, restarts, health }: Container,
  usage: ObservedInstance['usage'],
  slow: SlowFacts,
): readonly ObservedInstance[] {
  if (instance === undefined) return [];
  const details = slow.details.get(id);
  return [
    {
      instance: name,
      identity: { container: id, ...instance },
      usage,
      ...(details && { details: { ...details, restarts, ...(health !== undefined && { health }) } }),
    },
  ];
}

function usageOf(
  figures: ContainerFigures | undefined,
  look: Look,
  id: string,
  seconds: number,
): ObservedInstance['usage'] {
  if (figures === undefined) return null;
  const { coresUsed, cpuPeak, periods, memoryBytes } = figures;
  const oomKills = look.containers.get(id)?.oomKills;
  return {
    cpu: fine(coresUsed),
    ...(cpuPeak !== undefined && { cpuPeak: fine(cpuPeak) }),
    ...(periods && {
      throttled: {
        share: periods.all === 0 ? 0 : fine(periods.throttled / periods.all),
        secondsPerSecond: fine(periods.throttledSeconds / seconds),
      },
    }),
    memoryBytes: whole(memoryBytes),
    ...(oomKills !== undefined && { oomKills }),
  };
}

function hostOf(host: HostFigures, seconds: number): ObservedNode['host'] {
  const { cores, load1, pressure, memory, diskIo, network } = host;
  return {
    seconds: fine(seconds),
    cpu: {
      user: fine(cores.user + cores.nice),
      system: fine(cores.system + cores.irq + cores.softirq),
      iowait: fine(cores.iowait),
      steal: fine(cores.steal),
    },
    load1: fine(load1),
    ...(pressure && { pressure }),
    memoryAvailableBytes: whole(memory.availableBytes),
    swapUsedBytes: whole(memory.swapTotalBytes - memory.swapFreeBytes),
    ...trafficOf({ diskIo, network }),
  };
}

function trafficOf({ diskIo, network }: ContainerRates): Pick<Details, 'diskIo' | 'network'> {
  return {
    ...(diskIo && {
      diskIo: {
        readBytesPerSecond: whole(diskIo.readBytes),
        writtenBytesPerSecond: whole(diskIo.writtenBytes),
      },
    }),
    ...(network && {
      network: { inBytesPerSecond: whole(network.inBytes), outBytesPerSecond: whole(network.outBytes) },
    }),
  };
}

function othersOf(strangers: readonly Container[], figures: Figures): ObservedNode['others'] {
  const known = strangers.flatMap(({ id }) => figures.containers.get(id) ?? []);
  return {
    count: strangers.length,
    cpu: fine(known.reduce((sum, { coresUsed }) => sum + coresUsed, 0)),
    memoryBytes: whole(known.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)),
  };
}

/**
 * What a slow look says. Its rates are those since the slow look before it.
 * @param nowMs the database's time when the look was asked for
 */
export function slowFactsOf(
  look: Look,
  rates: ReadonlyMap<string, ContainerRates> | undefined,
  nowMs: number,
): SlowFacts {
  const { cpus, memory } = look.host;
  const { disk, wallClockMs, details = new Map<string, ContainerDetails>() } = look;
  return {
    sizes: {
      ...{ cpus, memoryBytes: memory.totalBytes, swapBytes: memory.swapTotalBytes },
      ...(disk && { diskBytes: disk.totalBytes, diskFreeBytes: disk.freeBytes }),
      ...(wallClockMs !== undefined && { clockSkewMs: Math.round(wallClockMs - nowMs) }),
    },
    details: new Map(
      [...details].map(([id, { processes, limits }]) => [
        id,
        {
          ...trafficOf(rates?.get(id) ?? {}),
          ...(processes !== undefined && { processes }),
          limits: { ...limits },
        },
      ]),
    ),
  };
}
