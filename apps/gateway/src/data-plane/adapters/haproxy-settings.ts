import type { ProbeSettings } from '../../activator/domain/probe.js';
import type { Pools } from '../domain/pools.js';

/** Where HAProxy takes HTTPS. */
export interface TlsSettings {
  readonly host: string;
  readonly port: number;
  /** The port that clients use, where another one leads here. */
  readonly publicPort: number;
  /** Plain HTTP is sent on to HTTPS where a certificate says so. */
  readonly redirects: boolean;
  /** `max-age` of Strict-Transport-Security; 0 leaves the header out. */
  readonly hstsSeconds: number;
}

/** What HAProxy is started with; a change needs a reload. */
export interface HaproxySettings {
  /** The program: a path, or a name in the usual folders. */
  readonly program: string;
  /** For its configuration, sockets and process id; its own, for this user alone. */
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  /** HTTPS besides; none where it is left out. */
  readonly tls?: TlsSettings;
  /** At first; they double when they are too small. */
  readonly pools: Pools;
  readonly maxConnections: number;
  /** So long a request may go without a byte in either direction. */
  readonly idleMs: number;
  /** The same once it is a WebSocket or another tunnel. */
  readonly tunnelIdleMs: number;
  /** Networks, as CIDR, whose X-Forwarded-* and X-Request-Id are believed. */
  readonly trustedProxies: readonly string[];
  /** So long a client may take to send the head of a request. */
  readonly headMs: number;
  readonly cache: CacheSettings;
  readonly limits: LimitSettings;
  /** Takes requests that no instance can get: an abstract socket for each backend. They get 503 without it. */
  readonly activator?: { addressOf(backend: string): string };
  /** What health checks ask like; none where it is left out. */
  readonly probes?: ProbeSettings;
  /** It drops the rights of root. */
  readonly isRoot: boolean;
  /** What is left out is as `DEFAULT_BOUNDS`. */
  readonly bounds?: Partial<HaproxyBounds>;
}

/** Bounds of services that name none of their own. */
export interface HaproxyBounds {
  /** Requests in flight at one instance at most; 0 is without a bound. */
  readonly inFlight: number;
  /** Requests of a service that wait for an instance at most. */
  readonly queued: number;
  /** So long one of them waits. */
  readonly queueMs: number;
}

/** Of all services together. */
export interface CacheSettings {
  readonly bytes: number;
  /** Of one answer with its head; a larger one is not kept. */
  readonly objectBytes: number;
  /** No answer is kept longer, whatever it says. */
  readonly maxAgeMs: number;
}

/** For every client. What is left out is not limited. */
export interface LimitSettings {
  /** A second, on average over ten seconds. */
  readonly clientRequests?: number;
  readonly clientConnections?: number;
  /** Of the body of one request. */
  readonly bodyBytes?: number;
}

/** The files of a folder. */
export const filesIn = (folder: string) => ({
  config: `${folder}/haproxy.cfg`,
  routes: `${folder}/routes.map`,
  marks: {
    queues: `${folder}/queues.map`,
    'no-retries': `${folder}/no-retries.map`,
    splits: `${folder}/splits.map`,
  } as const,
  certificates: `${folder}/certificates`,
  certificateList: `${folder}/certificates.list`,
  redirects: `${folder}/redirects.map`,
  options: `${folder}/options.map`,
  pid: `${folder}/haproxy.pid`,
  output: `${folder}/haproxy.log`,
  wanted: `${folder}/wanted.json`,
  masterSocket: `${folder}/master.sock`,
  back: `${folder}/back.sock`,
  runtimeSocket: `${folder}/runtime.sock`,
});
