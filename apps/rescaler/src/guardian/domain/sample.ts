import type { Resource } from '../../structures/domain/structure.js';

/** What a container used in one second. A second that nobody measured has no sample. */
export interface Sample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** In the units of structures. A resource that is absent has no figure. */
  readonly usage: Readonly<Partial<Record<Resource, number>>>;
  /** Shares in use in the busiest 100 ms of the second. */
  readonly cpuPeak?: number;
  /** Of the periods of its CPU limit, the share in which it was held back: 0 to 1. */
  readonly throttled?: number;
  /** Processes that the kernel killed for want of memory since the container started. */
  readonly oomKills?: number;
}

/** An event that counts towards a request: usage was above `upper` (up) or below `lower` (down). */
export interface ScalingEvent {
  readonly resource: Resource;
  readonly direction: 'up' | 'down';
  readonly at: number;
}
