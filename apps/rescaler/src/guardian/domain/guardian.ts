import type { ContainerStructure } from '../../structures/domain/structure.js';
import type { Explanation, LimitWish } from '../../structures/domain/wish.js';
import type { Rule } from './rules.js';
import type { Sample, ScalingEvent } from './sample.js';
import type { SloSettings, SloState } from './slo.js';

export type { Sample, ScalingEvent };

/** What the guardian remembers of a container; plain data. It may be lost: then events sum up anew. */
export interface GuardState {
  readonly events: readonly ScalingEvent[];
  /** When the rules looked last. */
  readonly lookedAt?: number;
  readonly slo?: SloState;
  /** Of the sample seen last: more than that is a kill. */
  readonly oomKills?: number;
}

export interface GuardSettings {
  readonly rules: readonly Rule[];
  /** Over so many milliseconds usage is averaged. */
  readonly windowMs: number;
  /** The window ends so long ago. */
  readonly delayMs: number;
  /** The rules look so often; each look counts at most one event a resource. */
  readonly lookEveryMs: number;
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
