import type { HeldPlace } from '../placement/domain/asked.js';
import type { Fleet, Shortage } from '../placement/domain/fleet.js';
import type { Evictable } from '../placement/domain/preemption.js';

export interface FleetSnapshot {
  /** For one plan alone: what changes there changes nothing. */
  readonly fleet: Fleet;
  /** On the node that was asked about. */
  readonly held: readonly HeldPlace[];
}

/** What plans are made of. */
export interface Fleets {
  /** The fleet as it is now, and what holds places on a node. */
  snapshot(node?: string): Promise<FleetSnapshot>;
  /** Lets others work: a plan of a large fleet takes long. */
  pause(): Promise<void>;
  /** Instances may be stopped for those of a higher priority. */
  readonly mayPreempt: boolean;
  /** As `Evictions.evictable`, without those that have these access tokens. */
  evictable(
    shortages: readonly Shortage[],
    mostPriority: number,
    except: readonly string[],
  ): Promise<readonly Evictable[]>;
}

export const FLEETS = Symbol('Fleets');
