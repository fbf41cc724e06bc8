import type { NodeState } from '#libs/contracts';
import { type ObservedNode, usedCores, usedMemoryBytes } from '#libs/observations';
import { percentile, sortedOf } from './percentiles.js';

type LastHour = NonNullable<NodeState['lastHour']>;
type LastMinutes = NonNullable<NodeState['lastMinutes']>;

const HOUR_MS = 3_600_000;
const MINUTES_MS = 120_000;
const MOST = HOUR_MS / 1_000;

/**
 * What a node used within the last hour, each second that was observed. A ring of plain numbers: a replica may watch a
 * thousand nodes.
 */
export class Hour {
  private readonly atMs = new Float64Array(MOST);
  private readonly seconds = new Float32Array(MOST);
  private readonly cpu = new Float32Array(MOST);
  private readonly memoryBytes = new Float64Array(MOST);
  /** Of the seconds in which the use of every instance is known; NaN in the others. */
  private readonly othersCpu = new Float32Array(MOST);
  private readonly othersMemoryBytes = new Float64Array(MOST);
  /** How many were ever added. */
  private count = 0;

  add(second: ObservedNode): void {
    const memoryBytes = usedMemoryBytes(second);
    if (memoryBytes === undefined) return;
    const place = this.count % MOST;
    this.atMs[place] = Date.parse(second.observedAt);
    this.seconds[place] = second.host.seconds;
    this.cpu[place] = usedCores(second);
    this.memoryBytes[place] = memoryBytes;
    const own = usedBy(second.instances);
    this.othersCpu[place] = Math.max(0, usedCores(second) - own.cpu);
    this.othersMemoryBytes[place] = Math.max(0, memoryBytes - own.memoryBytes);
    this.count += 1;
  }

  /** Undefined while nothing was observed within the hour. */
  figures(nowMs: number): LastHour | undefined {
    const recent = this.since(nowMs - HOUR_MS);
    const seconds = recent(this.seconds);
    if (seconds.length === 0) return undefined;
    const use = (cpu: Float32Array, memoryBytes: Float64Array) => ({
      cpu: coresOf(recent(cpu)),
      memoryBytes: percentilesOf(recent(memoryBytes)),
    });
    const hasOthers = recent(this.othersCpu).some((value) => !Number.isNaN(value));
    return {
      seconds: wholeSeconds(seconds),
      ...use(this.cpu, this.memoryBytes),
      ...(hasOthers && { others: use(this.othersCpu, this.othersMemoryBytes) }),
    };
  }

  /** Undefined while the use of others was not observed within the last two minutes. */
  lastMinutes(nowMs: number): LastMinutes | undefined {
    const recent = this.since(nowMs - MINUTES_MS);
    const cpu = recent(this.othersCpu);
    const isKnown = (_: number, at: number): boolean => !Number.isNaN(cpu[at]);
    const seconds = recent(this.seconds).filter(isKnown);
    if (seconds.length === 0) return undefined;
    return { seconds: wholeSeconds(seconds), othersCpu: coresOf(cpu) };
  }

  /** What reads of a column the seconds after that time. */
  private since(ms: number): (values: Float32Array | Float64Array) => number[] {
    const places = this.atMs.subarray(0, Math.min(this.count, MOST));
    const isRecent = (_: number, place: number): boolean => (places[place] ?? 0) > ms;
    return (values) => Array.from(values.subarray(0, places.length)).filter(isRecent);
  }
}

const wholeSeconds = (all: readonly number[]): number => Math.round(all.reduce((sum, one) => sum + one, 0));

/** To thousandths. */
const coresOf = (values: readonly number[]): LastHour['cpu'] =>
  percentilesOf(values.map((value) => Math.round(value * 1_000) / 1_000));

/** NaN where a second of one is a gap. */
function usedBy(instances: ObservedNode['instances']): {
  readonly cpu: number;
  readonly memoryBytes: number;
} {
  let [cpu, memoryBytes] = [0, 0];
  for (const { usage } of instances.values()) {
    cpu += usage?.cpu ?? Number.NaN;
    memoryBytes += usage?.memoryBytes ?? Number.NaN;
  }
  return { cpu, memoryBytes };
}

function percentilesOf(values: readonly number[]): LastHour['cpu'] {
  const sorted = sortedOf(values.filter((value) => !Number.isNaN(value)));
  return { p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95), max: percentile(sorted, 1) };
}
