/**
 * How a service's requests are shared out. `least`: to the server with the fewest in flight for its weight. `weighted`: in
 * turn, by weights alone. `sticky`: a client stays with its server, by a cookie; new clients as with `least`.
 */
export type Profile = 'least' | 'weighted' | 'sticky';

export const profiles = ['least', 'weighted', 'sticky'] as const satisfies readonly Profile[];

/** The least and the largest weight; HAProxy takes no larger one. */
export const WEIGHTS = { least: 1, most: 256 } as const;

/** One instance of a service. */
export interface WantedServer {
  /** Of the instance, unique among all. */
  readonly name: string;
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  /** A whole number from `WEIGHTS.least` to `WEIGHTS.most`. */
  readonly weight: number;
  /** One that drains gets no new request; those in flight end. */
  readonly state: 'ready' | 'drain';
}

/** Limits of a service alone. What is left out is not limited here. */
export interface ServiceLimits {
  /** Of one client, on average over ten seconds. */
  readonly requestsPerSecond?: number;
  /** Of the body of one request. */
  readonly bodyBytes?: number;
}

export const LIMITS = {
  requestsPerSecond: { least: 0.1, most: 1_000_000 },
  bodyBytes: { least: 0, most: 2_000_000_000 },
} as const;

export interface WantedService {
  /** Unique among all. */
  readonly id: string;
  readonly profile: Profile;
  readonly servers: readonly WantedServer[];
  /** While it has no instance that can be reached, its requests wait for one. */
  readonly isAwaited?: boolean;
  /** Its answers may be kept where they say so. Those of another version are not found any more. */
  readonly cache?: { readonly version: string };
  readonly limits?: ServiceLimits;
}

/** Requests for a host, and a path and all below it, go to a service. */
export interface WantedRoute {
  /** A host name in lower case, without a port. */
  readonly host: string;
  /** `/` is every path; `/api` is itself and what is below `/api/`. */
  readonly path: string;
  readonly service: string;
}

/** All that should be carried. The longest path of a host counts. */
export interface Wanted {
  readonly services: readonly WantedService[];
  readonly routes: readonly WantedRoute[];
}

export const NOTHING: Wanted = { services: [], routes: [] };

/** `shop.localhost/api/`: with the slash at its end, the longest key that a request's begins with is its route. */
export const keyOf = ({ host, path }: Pick<WantedRoute, 'host' | 'path'>): string =>
  `${host}${path.replace(/\/*$/, '')}/`;
