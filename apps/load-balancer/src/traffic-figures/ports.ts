import type { InstanceTraffic, ServiceTraffic } from './domain/traffic.js';

export type { InstanceTraffic, ServiceTraffic } from './domain/traffic.js';

/** What gateways say of the requests that they carry. */
export interface TrafficFigures {
  /** Of each service that a gateway carries, summed over gateways heard of in the last 3 s. Key `<appId>/<service>`. */
  services(): ReadonlyMap<string, ServiceTraffic>;
  /** By the names of instances. */
  instances(): ReadonlyMap<string, InstanceTraffic>;
  /**
   * Called when there are new ones, a few times a second at most.
   * @returns what ends that
   */
  onRead(listener: () => void): () => void;
}

/** Who wants to know at once that a request waits for a service without an instance that can be reached. */
export interface Wakes {
  /**
   * Called with `<appId>/<service>` when a request begins to wait, at whichever gateway, on every replica; and about once a
   * second while any waits. It may be called more often. Health checks wake nobody.
   * @returns what ends that
   */
  onWake(listener: (service: string) => void): () => void;
}
