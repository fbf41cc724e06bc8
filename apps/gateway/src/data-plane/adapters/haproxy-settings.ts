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

/** The files of a folder. */
export const filesIn = (folder: string) => ({
  config: `${folder}/haproxy.cfg`,
  routes: `${folder}/routes.map`,
  marks: { queues: `${folder}/queues.map`, 'no-retries': `${folder}/no-retries.map` } as const,
  certificates: `${folder}/certificates`,
  certificateList: `${folder}/certificates.list`,
  redirects: `${folder}/redirects.map`,
  pid: `${folder}/haproxy.pid`,
  output: `${folder}/haproxy.log`,
  wanted: `${folder}/wanted.json`,
  masterSocket: `${folder}/master.sock`,
  runtimeSocket: `${folder}/runtime.sock`,
});
