import type { ContainerStructure, Resource } from '../../structures/domain/structure.js';
import type { Explanation, LimitWish } from '../../structures/domain/wish.js';
import type { Rule } from './rules.js';
import type { SloSettings, SloState } from './slo.js';

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

/** What the guardian remembers of a container; plain data. It may be lost: then events sum up anew. */
export interface GuardState {
  readonly events: readonly ScalingEvent[];
  /** When the rules looked last. */
  readonly lookedAt?: number;
  readonly slo?: SloState;
}

export interface GuardSettings {
  readonly rules: readonly Rule[];
  /** Over so many milliseconds usage is averaged. */
  readonly windowMs: number;
  /** The window ends so long ago. */
  readonly delayMs: number;
  /** Older events do not count. */
  readonly eventTimeoutMs: number;
  readonly slo: SloSettings;
}

export interface GuardInput {
  readonly container: ContainerStructure;
  /** Oldest first; those of the last minute do. */
  readonly samples: readonly Sample[];
  readonly state: GuardState;
  readonly settings: GuardSettings;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface GuardResult {
  /** Empty where nothing is to change; never more than one a resource. */
  readonly wishes: readonly LimitWish[];
  /** What policy `advise` would change. */
  readonly advice: readonly LimitWish[];
  /** One for each resource, whether it changes or not. */
  readonly explanations: readonly Explanation[];
  readonly state: GuardState;
}

/** One look at one container: `guardContainer` of `guard.ts`. Pure: the same input gives the same result on every replica. */
export type Guard = (input: GuardInput) => GuardResult;
