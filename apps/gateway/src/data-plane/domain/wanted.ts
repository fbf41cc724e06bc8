/**
 * How a service's requests are shared out. `least`: to the server with the fewest in flight for its weight. `weighted`: in
 * turn, by weights alone. `sticky`: a client stays with its server, by a cookie; new clients as with `least`. `h2`: as
 * `least`, to servers that speak HTTP/2 without TLS, such as those of gRPC.
 */
export type Profile = 'least' | 'weighted' | 'sticky' | 'h2';

export const profiles = ['least', 'weighted', 'sticky', 'h2'] as const satisfies readonly Profile[];

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
  /** Requests in flight there at most, 0 without a bound; left out, what its service says. */
  readonly mostInFlight?: number;
  /** What it runs. */
  readonly release?: string;
  /** It gets requests of the canary's share alone, and the others none of these. */
  readonly isCanary?: true;
}

/** A part of a service's servers that gets a share of its requests. */
export interface WantedCanary {
  readonly release: string;
  /** Of 100; exact in large numbers. While it has no server that is ready, the others get its share. */
  readonly percent: number;
  /** Of the answers of its servers. */
  readonly cache?: { readonly version: string };
}

/** Bounds of a service. What is left out is as the gateway is configured. */
export interface WantedBounds {
  /** Requests in flight at one instance at most; further ones wait. 0 is without a bound. */
  readonly inFlight?: number;
  /** Requests that wait for an instance at most; further ones are refused at once. */
  readonly queued?: number;
  /** A request that waited so long is refused. */
  readonly queueMs?: number;
}

/** How a service's instances are weighed. What is left out is as the gateway is configured. */
export interface WantedBalancing {
  /** A new instance gets its whole share only after so long; 0 is at once. */
  readonly slowStartMs?: number;
  /** Whether an instance that does worse than the others is taken out for a while. */
  readonly ejects?: boolean;
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
  readonly bounds?: WantedBounds;
  /** `false`: no request that may have reached an instance is sent to another one, even where that could do no harm. */
  readonly retries?: boolean;
  readonly balancing?: WantedBalancing;
  /**
   * While it has no instance that can be reached, its requests wait for one, or are refused at once. Left out where nobody
   * has said: they wait while it has one that should be there.
   */
  readonly isAwaited?: boolean;
  /** Its answers may be kept where they say so. Those of another version are not found any more. */
  readonly cache?: { readonly version: string };
  readonly limits?: ServiceLimits;
  /** Left out where all servers share the requests. */
  readonly canary?: WantedCanary;
}

/** Requests for a host, and a path and all below it, go to a service. */
export interface WantedRoute {
  /** A host name in lower case, without a port; `*.` stands for one label, of hosts without a route of their own. */
  readonly host: string;
  /** `/` is every path; `/api` is itself and what is below `/api/`. */
  readonly path: string;
  readonly service: string;
  /** Servers see requests without the path. */
  readonly strip?: boolean;
  /** Headers of the request, in place of those that a client sent. */
  readonly headers?: Readonly<Record<string, string>>;
  /** So long a server may take to answer, and between two parts of its answer. */
  readonly timeoutMs?: number;
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
