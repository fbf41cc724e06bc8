import type { Pools } from '../domain/pools.js';

/** What HAProxy is started with; a change needs a reload. */
export interface HaproxySettings {
  /** The program: a path, or a name in the usual folders. */
  readonly program: string;
  /** For its configuration, sockets and process id; its own, for this user alone. */
  readonly folder: string;
  readonly host: string;
  readonly port: number;
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
}

/** The files of a folder. */
export const filesIn = (folder: string) => ({
  config: `${folder}/haproxy.cfg`,
  routes: `${folder}/routes.map`,
  pid: `${folder}/haproxy.pid`,
  output: `${folder}/haproxy.log`,
  wanted: `${folder}/wanted.json`,
  masterSocket: `${folder}/master.sock`,
  runtimeSocket: `${folder}/runtime.sock`,
});
