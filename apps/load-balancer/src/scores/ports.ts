import type { InstanceFigures } from './domain/instance-figures.js';
import type { InstanceScore } from './domain/instance-score.js';

export type { InstanceFigures } from './domain/instance-figures.js';
export type { InstanceScore, ScoreState } from './domain/instance-score.js';

/** The newest scores of all instances. Reading changes nothing. */
export interface CurrentScores {
  /** By the name of the instance; of all replicas, and of this one alone while Redis is away. */
  all(): ReadonlyMap<string, InstanceScore>;
}

export const CURRENT_SCORES = Symbol('CurrentScores');

/** By the names of instances; none of those that no gateway carried lately. */
export interface GatewayFigures {
  instances(): ReadonlyMap<string, InstanceFigures>;
}

/** What replicas lend each other through Redis. */
export interface SharedScores {
  /**
   * Gives the scores of this replica and takes those of the others.
   * @returns undefined while Redis is away
   */
  exchange(own: readonly InstanceScore[]): Promise<readonly InstanceScore[] | undefined>;
}

/** Instances that take no new requests, because they are about to end. */
export interface DrainingInstances {
  has(instance: string): boolean;
}
