import type { FeedCloseCode, FeedFigures, FeedOverride, FromLoadBalancer } from '#libs/contracts';
import type { ToldScore } from './domain/score-log.js';

/** The connection to one gateway. */
export interface Line {
  /** False while the gateway has not taken what it was sent: nothing more is to be sent then. */
  readonly hasRoom: boolean;
  send(message: FromLoadBalancer): void;
  close(code: FeedCloseCode | 1000, reason: string): void;
}

/** The leases of gateways, by their ids. See `TrafficCarriers`. */
export interface Carriers {
  register(id: string): Promise<void>;
  renew(id: string): Promise<boolean>;
  applied(id: string, revision: number, busy: readonly string[]): Promise<boolean>;
  release(id: string): Promise<void>;
}

export interface FollowedRegistry {
  /** Resolves once the log holds all that the registry holds now. Throws where that takes too long. */
  caughtUp(): Promise<void>;
}

/** Takes what one gateway says of the requests that it carries. */
export interface Reports {
  figures(message: FeedFigures): void;
  /** Requests wait for these services, by their ids. */
  wake(services: readonly string[]): void;
  /** Its connection has ended. Never rejects. */
  end(): Promise<void>;
}

/** The weights that operators have set. */
export interface OverrideList {
  /** Another one whenever they are others; 0 while there never were any. */
  readonly version: number;
  /** Those that hold now, `forMs` from now on. */
  current(): readonly FeedOverride[];
}

/** How idle instances are. */
export interface ScoreSource {
  /** By the names of instances. */
  all(): ReadonlyMap<string, ToldScore>;
}
