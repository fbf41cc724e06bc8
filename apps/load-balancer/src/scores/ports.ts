import type { InstanceFigures } from './domain/instance-figures.js';
import type { InstanceScore } from './domain/instance-score.js';
import type { SharedScore } from './domain/merged.js';
import type { ScoreMinute } from './domain/score-minutes.js';

export type { InstanceFigures } from './domain/instance-figures.js';
export type { InstanceScore, ScoreState } from './domain/instance-score.js';

/** The newest scores of all instances. Reading changes nothing. */
export interface CurrentScores {
  /** By the name of the instance; of all replicas, and of this one alone while Redis is away. Made anew each second. */
  all(): ReadonlyMap<string, InstanceScore>;
}

export const CURRENT_SCORES = Symbol('CurrentScores');

/** By the names of instances; none of those that no gateway carried lately. */
export interface GatewayFigures {
  instances(): ReadonlyMap<string, InstanceFigures>;
}

/** By the name of a replica. */
export type Shares = ReadonlyMap<string, readonly SharedScore[]>;

/** What replicas lend each other. All of it can be rebuilt. */
export interface SharedScores {
  /** All that there is, also what this replica and others left that ended within the last minute. */
  recall(): Promise<Shares>;
  /**
   * Gives the scores of this replica and takes those of the others.
   * @returns those of which there is something; none while they cannot be reached
   */
  exchange(own: readonly SharedScore[]): Promise<Shares>;
}

/** Instances that take no new requests, because they are about to end. */
export interface DrainingInstances {
  has(instance: string): boolean;
}

export interface KeptMinutes {
  /** A minute that comes again is stored once. */
  store(minutes: readonly ScoreMinute[]): Promise<void>;
}
