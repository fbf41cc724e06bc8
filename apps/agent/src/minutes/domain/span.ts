import { type ObservedInstance, type ObservedNode, usedCores, usedMemoryBytes } from '#libs/observations';
import { percentile, sortedOf } from '../../state/domain/percentiles.js';

/** Mean, maximum and p95 of the seconds of a span. */
export type Spread = readonly [mean: number, max: number, p95: number];

export interface InstanceSpan {
  readonly instance: string;
  /** As it was in the last of its seconds. */
  readonly identity: ObservedInstance['identity'];
  readonly seconds: number;
  readonly cpu: Spread;
  /** Of the busiest 100 ms of each second. Undefined where its service does not ask for peaks. */
  readonly cpuPeak: Spread | undefined;
  readonly memory: Spread;
  /** Undefined without a CPU limit. */
  readonly throttled: Spread | undefined;
}

export const hostSeries = ['cpu', 'memory', 'diskRead', 'diskWritten', 'networkIn', 'networkOut'] as const;
export type HostSeries = (typeof hostSeries)[number];

/** What one node used within some time. */
export interface NodeSpan {
  readonly node: string;
  readonly fence: number;
  /** When it began, in milliseconds since 1970. */
  readonly beginMs: number;
  /** How many of its seconds were observed. */
  readonly seconds: number;
  readonly host: Readonly<Record<HostSeries, Spread | undefined>>;
  readonly others: { readonly cpu: Spread; readonly memory: Spread };
  readonly instances: readonly InstanceSpan[];
}

interface Gathered {
  identity: ObservedInstance['identity'];
  readonly cpu: number[];
  readonly cpuPeak: number[];
  readonly memory: number[];
  readonly throttled: number[];
}

const NOTHING: Spread = [0, 0, 0];

/**
 * Gathers the seconds of one node in one span of time, whichever replica's they are; they are of one fence. It keeps
 * plain numbers and no second as a whole: a replica may watch a thousand nodes with fifty instances each.
 */
export class GatheredSpan {
  private seconds = 0;
  private readonly host = Object.fromEntries(
    hostSeries.map((name): [string, number[]] => [name, []]),
  ) as Record<HostSeries, number[]>;
  private readonly others = { cpu: [] as number[], memory: [] as number[] };
  private readonly instances = new Map<string, Gathered>();

  constructor(
    private readonly of: Pick<NodeSpan, 'node' | 'fence' | 'beginMs'>,
    /** Instances that are gathered; all others are left out. */
    private readonly wants: (instance: ObservedInstance) => boolean = () => true,
  ) {}

  add(second: ObservedNode): void {
    this.seconds += 1;
    const { others, instances } = second;
    const { diskIo, network } = second.host;
    const memoryBytes = usedMemoryBytes(second);
    this.host.cpu.push(usedCores(second));
    if (memoryBytes !== undefined) this.host.memory.push(memoryBytes);
    if (diskIo) {
      this.host.diskRead.push(diskIo.readBytesPerSecond);
      this.host.diskWritten.push(diskIo.writtenBytesPerSecond);
    }
    if (network) {
      this.host.networkIn.push(network.inBytesPerSecond);
      this.host.networkOut.push(network.outBytesPerSecond);
    }
    this.others.cpu.push(others.cpu);
    this.others.memory.push(others.memoryBytes);
    for (const instance of instances.values()) if (this.wants(instance)) this.addInstance(instance);
  }

  /** What they come to. */
  span(): NodeSpan {
    const { host, others } = this;
    return {
      ...this.of,
      seconds: this.seconds,
      host: Object.fromEntries(
        hostSeries.map((name) => [name, spreadOf(host[name])]),
      ) as unknown as NodeSpan['host'],
      others: { cpu: spreadOf(others.cpu) ?? NOTHING, memory: spreadOf(others.memory) ?? NOTHING },
      instances: [...this.instances].map(([instance, gathered]) => ({
        ...{ instance, identity: gathered.identity, seconds: gathered.cpu.length },
        cpu: spreadOf(gathered.cpu) ?? NOTHING,
        cpuPeak: spreadOf(gathered.cpuPeak),
        memory: spreadOf(gathered.memory) ?? NOTHING,
        throttled: spreadOf(gathered.throttled),
      })),
    };
  }

  /** One that could not be read in this second adds nothing. */
  private addInstance({ instance, identity, usage }: ObservedInstance): void {
    if (usage === null) return;
    let known = this.instances.get(instance);
    if (known === undefined) {
      known = { identity, cpu: [], cpuPeak: [], memory: [], throttled: [] };
      this.instances.set(instance, known);
    }
    known.identity = identity;
    known.cpu.push(usage.cpu);
    if (usage.cpuPeak !== undefined) known.cpuPeak.push(usage.cpuPeak);
    known.memory.push(usage.memoryBytes);
    if (usage.throttled) known.throttled.push(usage.throttled.share);
  }
}

/** Undefined of no values. */
function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = sortedOf(values);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, percentile(sorted, 1), percentile(sorted, 0.95)];
}
