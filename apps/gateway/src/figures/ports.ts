import type { FiguresRow } from '#libs/contracts';
import type { CarriedService } from './domain/gateway-figures.js';

/** Where load balancers hear how services and instances do here. */
export interface Reporting {
  /** All that there is now, once a second. `now` is in milliseconds since 1970. */
  figures(figures: FiguresRow, now: number): Promise<void>;
  /** Requests wait for these services, by their ids, and no instance can be reached. */
  wake(services: readonly string[]): Promise<void>;
  /** Nothing is carried here any more. */
  end(): Promise<void>;
}

/** What the data plane knows besides the figures of instances. */
export interface WaitingRequests {
  /** How many wait because the instances of a service have as many as they may have; by the ids of services. */
  queued(): Promise<ReadonlyMap<string, number>>;
  /** How many are held because none can be reached. */
  held(): ReadonlyMap<string, number>;
  /** Called when one is held and no other of its service was. */
  onHeld(listener: (service: string) => void): void;
}

/** What is carried, as it was seen last. */
export type Carried = () => readonly CarriedService[];
