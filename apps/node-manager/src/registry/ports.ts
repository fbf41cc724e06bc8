import type {
  InstanceEvent,
  InstanceReport,
  RegistryInstance,
  RegistryServiceLine,
  ServiceDetails,
} from '#libs/contracts';
import type { Placed } from '#libs/http';
import type { Transaction } from '#libs/postgres';
import type { WatchFilter } from './domain/watched.js';

export interface OfService {
  readonly appId: string;
  readonly service: string;
}

/** All where a member is left out. */
export interface InstanceFilter extends Partial<OfService> {
  readonly node?: string;
  readonly state?: string;
  readonly release?: string;
}

/** All where a member is left out. */
export interface EventFilter extends Partial<OfService> {
  readonly node?: string;
  readonly instance?: string;
}

/** Application, service, start in microseconds since 1970, name. */
export type InstancePlace = readonly [appId: string, service: string, startedAt: string, name: string];

export const REGISTRY = Symbol('Registry');
/** What runs where, and what ran, as the HTTP API answers it. */
export interface Registry {
  /** By service, the oldest first: at most so many that stand after the place. */
  instances(
    filter: InstanceFilter,
    most: number,
    after?: InstancePlace,
  ): Promise<readonly Placed<RegistryInstance>[]>;
  services(filter: Partial<OfService>): Promise<RegistryServiceLine[]>;
  /** With the instances that live; undefined where nothing is known of the service. */
  service(of: OfService): Promise<ServiceDetails | undefined>;
  /** The newest first: at most so many of those before the number. */
  events(filter: EventFilter, most: number, before?: string): Promise<readonly Placed<InstanceEvent>[]>;
}

export const INSTANCE_FOLLOWER = Symbol('InstanceFollower');
/** Whoever counts with what runs: told of each report once the registry has it, in the same transaction. */
export type InstanceFollower = (tx: Transaction, report: InstanceReport) => Promise<void>;

/** The answer to one who watches. */
export interface Watcher {
  /** False where the client has not taken what came before: then `drained` is to be waited for. */
  write(text: string): boolean;
  /** Resolves when more can be written. Throws the signal's reason. */
  drained(signal: AbortSignal): Promise<void>;
  /** Ends the answer in order. */
  end(): void;
  /** Ends it at once, with what was written and not taken. */
  cutOff(): void;
  /** Aborted once the client has gone. */
  readonly closed: AbortSignal;
}

export interface WatchWish extends WatchFilter {
  /** The revision that the client knows; without it a snapshot comes first. */
  readonly since?: number;
}

export const WATCHES = Symbol('Watches');
export interface Watches {
  /** Writes until the client goes or the app ends. `busy`: too many watch already. */
  watch(watcher: Watcher, wish: WatchWish): 'watching' | 'busy' | 'ending';
}
