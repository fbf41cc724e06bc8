import type { Runtime } from '#libs/runtime';
import { folderOf, type GatewayConfig } from '../gateway.config.js';
import { AccessLog, type RequestLine } from './adapters/access-log.js';
import { HaproxyDataPlane } from './adapters/haproxy-data-plane.js';
import type { HaproxySettings, TlsSettings } from './adapters/haproxy-settings.js';
import { profiles } from './domain/wanted.js';
import type { Pools } from './domain/pools.js';
import type { DataPlane, SteeredPlane, TlsPlane } from './ports.js';

/** A line of the access log, with the names of service and instance. */
export type LoggedRequest = Readonly<Record<string, unknown>> & {
  readonly service?: string;
  readonly instance?: string;
};

export interface OpenDataPlane extends DataPlane, SteeredPlane, TlsPlane {
  /** Called with each line from now on; with none where GATEWAY_ACCESS_LOG is off. */
  onRequest(listener: (request: LoggedRequest) => void): void;
  close(how: { readonly leave: boolean }): Promise<void>;
}

/** HAProxy at this address; it carries what was wanted last until it is told more. */
export async function openDataPlane(
  { logger, health, metrics }: Pick<Runtime, 'logger' | 'health' | 'metrics'>,
  config: GatewayConfig,
  listen: { readonly host: string; readonly port: number },
  challengePort?: number,
): Promise<OpenDataPlane> {
  const listeners: ((request: LoggedRequest) => void)[] = [];
  const onRequest = ({ backend, server, ...line }: RequestLine): void => {
    const request = { ...line, ...plane.serverAt(String(backend), String(server)) };
    for (const listener of listeners) listener(request);
    logger.info(request, 'request');
  };
  const log = config.GATEWAY_ACCESS_LOG ? await AccessLog.open(onRequest) : undefined;
  const plane = new HaproxyDataPlane({
    settings: settingsOf(config, listen),
    ...{ accessLogPort: log?.port, challengePort },
    onTrouble: (err, what) => logger.warn({ err }, what),
  });
  const { counts } = plane;
  metrics.counter('gateway_haproxy_starts_total', 'Starts of HAProxy.', [], () => [[{}, counts.starts]]);
  metrics.counter('gateway_haproxy_reloads_total', 'Reloads of HAProxy.', [], () => [[{}, counts.reloads]]);
  metrics.counter('gateway_haproxy_changes_total', 'Changes of running servers and routes.', [], () => [
    [{}, counts.operations],
  ]);
  health.register('haproxy', () => plane.check());
  await plane.start();
  return {
    apply: (wanted) => plane.apply(wanted),
    busy: (names) => plane.busy(names),
    steer: (changes) => plane.steer(changes),
    withoutRetries: (services) => plane.withoutRetries(services),
    figures: () => plane.figures(),
    rescue: (name) => plane.rescue(name),
    onRequest: (listener) => void listeners.push(listener),
    serveCertificates: (certificates) => plane.serveCertificates(certificates),
    keptCertificate: (id) => plane.keptCertificate(id),
    async close(how) {
      await plane.close(how);
      await log?.close();
    },
  };
}

function settingsOf(
  config: GatewayConfig,
  { host, port }: { readonly host: string; readonly port: number },
): HaproxySettings {
  const pools = profiles.map((profile) => [
    profile,
    { backends: config.GATEWAY_POOL_BACKENDS[profile], servers: config.GATEWAY_POOL_SERVERS },
  ]);
  return {
    ...{ program: config.GATEWAY_HAPROXY, folder: folderOf(config, port), host, port },
    tls: tlsOf(config),
    pools: Object.fromEntries(pools) as Pools,
    maxConnections: config.GATEWAY_MAX_CONNECTIONS,
    idleMs: config.GATEWAY_IDLE_MS,
    tunnelIdleMs: config.GATEWAY_TUNNEL_IDLE_MS,
    trustedProxies: config.GATEWAY_TRUSTED_PROXIES,
    isRoot: process.getuid?.() === 0,
    bounds: {
      inFlight: config.GATEWAY_MOST_IN_FLIGHT,
      queued: config.GATEWAY_MOST_QUEUED,
      queueMs: config.GATEWAY_QUEUE_MS,
    },
  };
}

const tlsOf = (config: GatewayConfig): TlsSettings | undefined =>
  config.GATEWAY_LISTEN_TLS && {
    ...config.GATEWAY_LISTEN_TLS,
    publicPort: config.GATEWAY_TLS_PUBLIC_PORT ?? config.GATEWAY_LISTEN_TLS.port,
    redirects: config.GATEWAY_TLS_REDIRECT,
    hstsSeconds: config.GATEWAY_TLS_HSTS_SECONDS,
  };
