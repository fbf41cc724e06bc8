import type { NodeState } from '#libs/contracts';
import type { ObservedNode } from '#libs/observations';
import { percentile, sortedOf } from './percentiles.js';

type LastHour = NonNullable<NodeState['lastHour']>;

const HOUR_MS = 3_600_000;

interface Sample {
  readonly atMs: number;
  readonly seconds: number;
  readonly cpu: number;
  readonly memoryBytes: number;
}

/** What a node used within the last hour, each second that was observed. */
export class Hour {
  private samples: Sample[] = [];
  /** What is older stands before it. */
  private from = 0;

  add({ observedAt, host, sizes }: ObservedNode): void {
    if (sizes === undefined) return;
    const atMs = Date.parse(observedAt);
    const { user, system, steal } = host.cpu;
    const memoryBytes = Math.max(0, sizes.memoryBytes - host.memoryAvailableBytes);
    this.samples.push({ atMs, seconds: host.seconds, cpu: user + system + steal, memoryBytes });
    while ((this.samples[this.from]?.atMs ?? Infinity) <= atMs - HOUR_MS) this.from += 1;
    if (this.from < HOUR_MS / 1_000) return;
    this.samples = this.samples.slice(this.from);
    this.from = 0;
  }

  /** Undefined while nothing was observed. */
  figures(): LastHour | undefined {
    const recent = this.samples.slice(this.from);
    if (recent.length === 0) return undefined;
    return {
      seconds: Math.round(recent.reduce((sum, { seconds }) => sum + seconds, 0)),
      cpu: percentilesOf(recent.map(({ cpu }) => Math.round(cpu * 1_000) / 1_000)),
      memoryBytes: percentilesOf(recent.map(({ memoryBytes }) => memoryBytes)),
    };
  }
}

function percentilesOf(values: readonly number[]): LastHour['cpu'] {
  const sorted = sortedOf(values);
  return { p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95), max: percentile(sorted, 1) };
}
