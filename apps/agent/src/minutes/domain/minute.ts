import type { ObservedInstance, ObservedNode } from '#libs/observations';
import { percentile, sortedOf } from '../../state/domain/percentiles.js';

/** Mean, maximum and p95 of the seconds of a minute. */
export type Spread = readonly [mean: number, max: number, p95: number];

export interface InstanceMinute {
  readonly instance: string;
  readonly identity: ObservedInstance['identity'];
  readonly seconds: number;
  readonly cpu: Spread;
  readonly memory: Spread;
  /** Undefined without a CPU limit. */
  readonly throttled: Spread | undefined;
}

export interface NodeMinute {
  readonly node: string;
  readonly fence: number;
  /** When it began, in milliseconds since 1970. */
  readonly minuteMs: number;
  /** How many of its seconds were observed. */
  readonly seconds: number;
  readonly host: Readonly<Record<HostSeries, Spread | undefined>>;
  readonly others: { readonly cpu: Spread; readonly memory: Spread };
  readonly instances: readonly InstanceMinute[];
}

export const hostSeries = ['cpu', 'memory', 'diskRead', 'diskWritten', 'networkIn', 'networkOut'] as const;
export type HostSeries = (typeof hostSeries)[number];

export const MINUTE_MS = 60_000;

export const minuteOf = ({ observedAt }: ObservedNode): number =>
  Math.floor(Date.parse(observedAt) / MINUTE_MS) * MINUTE_MS;

/** What the seconds of one node in one minute come to, whichever replica's they are; they are of one fence. */
export function minuteOfSeconds([first, ...rest]: readonly [ObservedNode, ...ObservedNode[]]): NodeMinute {
  const seconds = [first, ...rest];
  const { node, fence } = first;
  return {
    ...{ node, fence, minuteMs: minuteOf(first), seconds: seconds.length },
    host: hostOf(seconds),
    others: {
      cpu: spreadOf(seconds.map(({ others }) => others.cpu)) ?? NOTHING,
      memory: spreadOf(seconds.map(({ others }) => others.memoryBytes)) ?? NOTHING,
    },
    instances: instancesOf(seconds),
  };
}

const NOTHING: Spread = [0, 0, 0];

function hostOf(seconds: readonly ObservedNode[]): NodeMinute['host'] {
  const of = (value: (second: ObservedNode) => number | undefined): Spread | undefined =>
    spreadOf(seconds.flatMap((second) => value(second) ?? []));
  return {
    cpu: of(({ host: { cpu } }) => cpu.user + cpu.system + cpu.steal),
    memory: of(({ host, sizes }) => sizes && Math.max(0, sizes.memoryBytes - host.memoryAvailableBytes)),
    diskRead: of(({ host }) => host.diskIo?.readBytesPerSecond),
    diskWritten: of(({ host }) => host.diskIo?.writtenBytesPerSecond),
    networkIn: of(({ host }) => host.network?.inBytesPerSecond),
    networkOut: of(({ host }) => host.network?.outBytesPerSecond),
  };
}

function instancesOf(seconds: readonly ObservedNode[]): readonly InstanceMinute[] {
  const observed = seconds.flatMap(({ instances }) =>
    [...instances.values()].filter(({ usage }) => usage !== null),
  );
  const byName = Map.groupBy(observed, ({ instance }) => instance);
  return [...byName].flatMap(([instance, some]) => instanceOf(instance, some));
}

function instanceOf(instance: string, observed: readonly ObservedInstance[]): readonly InstanceMinute[] {
  const usages = observed.flatMap(({ usage }) => usage ?? []);
  const last = observed.at(-1);
  const cpu = spreadOf(usages.map((usage) => usage.cpu));
  const memory = spreadOf(usages.map((usage) => usage.memoryBytes));
  if (last === undefined || cpu === undefined || memory === undefined) return [];
  const throttled = spreadOf(usages.flatMap((usage) => usage.throttled?.share ?? []));
  return [{ ...{ instance, seconds: usages.length, cpu, memory, throttled }, identity: last.identity }];
}

/** Undefined of no values. */
function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = sortedOf(values);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, percentile(sorted, 1), percentile(sorted, 0.95)];
}
