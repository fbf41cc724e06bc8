import type { FeedCloseCode, FromLoadBalancer } from '#libs/contracts';

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
