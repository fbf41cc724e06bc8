import type { Asked, HeldPlace } from '../placement/domain/asked.js';
import type { Fleet, Shortage } from '../placement/domain/fleet.js';
import type { KnownOfService, Wish } from '../placement/domain/model.js';
import type { Evictable } from '../placement/domain/preemption.js';
import type { Hold } from '../placement/domain/waiting-line.js';

export interface FleetSnapshot {
  /** For one plan alone: what changes there changes nothing. */
  readonly fleet: Fleet;
  /** On the node that was asked about. */
  readonly held: readonly HeldPlace[];
  /** How the newest instance of the service that was asked about was asked for; undefined where it has none. */
  readonly askedLast?: Asked;
  /** The node that is kept for the first of those that wait for room; undefined where none is. */
  readonly hold?: Hold;
  /** What placing knows of a service: of those held on the node, and of the one that was asked about. */
  known(wish: OfService): KnownOfService;
}

export type OfService = Pick<Wish, 'appId' | 'service' | 'image'>;

export interface AskedAbout {
  readonly node?: string;
  readonly service?: Pick<Wish, 'appId' | 'service'>;
}

/** What plans are made of. */
export interface Fleets {
  /** The fleet as it is now, what holds places on a node, and what is known of the services. */
  snapshot(about: AskedAbout): Promise<FleetSnapshot>;
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
