import { Recurring, type Runtime } from '#libs/runtime';
import type { Readiness } from '../activator/ports.js';
import { createActivator } from '../activator/wire.js';
import { folderOf, type GatewayConfig } from '../gateway.config.js';
import { partsOf } from '../traffic/domain/picture.js';
import { AccessLog, type RequestLine } from './adapters/access-log.js';
import { type HaproxyCounts, HaproxyDataPlane } from './adapters/haproxy-data-plane.js';
import { filesIn, type HaproxySettings, type TlsSettings } from './adapters/haproxy-settings.js';
import { HaproxyTotals, rowsOf, StatDifferences } from './adapters/haproxy-totals.js';
import { RequestMetrics } from './adapters/request-metrics.js';
import { type AnsweredRequest, answeredOf } from './domain/answered.js';
import { DataPlaneError } from './domain/data-plane-error.js';
import { profiles } from './domain/wanted.js';
import { profileOf } from './domain/carrying.js';
import type { Pools } from './domain/pools.js';
import type { WaitingRequests } from '../figures/ports.js';
import type { DataPlane, SteeredPlane, TlsPlane } from './ports.js';

const LOOK_MS = 1_000;
/** Who says what runs does so within this time where it is not away. */
const UNKNOWN_AFTER_MS = 2_000;

/** A line of the access log, with the names of service, instance and release. */
export type LoggedRequest = Readonly<Record<string, unknown>> & {
  readonly service?: string;
  readonly instance?: string;
  readonly release?: string;
};

export interface OpenDataPlane extends DataPlane, SteeredPlane, TlsPlane, WaitingRequests {
  /** Called with each line from now on; with none where GATEWAY_ACCESS_LOG is off. */
  onRequest(listener: (request: LoggedRequest, answer: AnsweredRequest) => void): void;
  close(how: { readonly leave: boolean }): Promise<void>;
}

type RequestListener = Parameters<OpenDataPlane['onRequest']>[0];
type HeldListener = Parameters<OpenDataPlane['onHeld']>[0];

/** HAProxy at this address; it carries what was wanted last until it is told more. */
export async function openDataPlane(
  { logger, health, metrics }: Pick<Runtime, 'logger' | 'health' | 'metrics'>,
  config: GatewayConfig,
  listen: { readonly host: string; readonly port: number },
  challengePort?: number,
): Promise<OpenDataPlane> {
  const onRequest: RequestListener[] = [];
  const onHeld: HeldListener[] = [];
  const log = config.GATEWAY_ACCESS_LOG ? await AccessLog.open((line) => takeLine(line)) : undefined;
  const settings = settingsOf(config, listen);
  const activator = createActivator({
    ...{ metrics, config, back: filesIn(settings.folder).back, readiness: readinessOf(() => plane) },
    isHttp2: (backend) => profileOf(backend) === 'h2',
    nameOf: partsOf,
    onFirst: (service) => onHeld.forEach((listener) => listener(service)),
  });
  const plane = new HaproxyDataPlane({
    settings: { ...settings, activator },
    ...{ accessLogPort: log?.port, challengePort, onTrouble: troublesIn(logger) },
    onBackends: (backends) => activator?.takeFor(backends) ?? Promise.resolve(),
  });
  const requests = new RequestMetrics({ metrics, carried: () => plane.carried.names, nameOf: partsOf });
  const takeLine = lineTaker({ plane, requests, logger, listeners: onRequest });
  const looking = lookAtTotals({ logger, metrics, plane, requests, log });
  showCounts(metrics, plane.counts);
  health.register('haproxy', () => plane.check());
  await plane.start();
  looking.start();
  const unknown = setTimeout(() => carryUnknown(plane, logger), UNKNOWN_AFTER_MS);
  return {
    ...portsOf(plane),
    async apply(wanted) {
      await plane.apply(wanted);
      activator?.lookNow();
    },
    onRequest: (listener) => void onRequest.push(listener),
    onHeld: (listener) => void onHeld.push(listener),
    held: () => activator?.counts ?? new Map(),
    queued: () => plane.asked.queued(),
    async close(how) {
      clearTimeout(unknown);
      await looking.stop();
      await Promise.all([activator?.close(), plane.close(how)]);
      await log?.close();
    },
  };
}

const portsOf = (plane: HaproxyDataPlane): DataPlane & SteeredPlane & TlsPlane => ({
  apply: (wanted) => plane.apply(wanted),
  busy: (names) => plane.busy(names),
  steer: (changes) => plane.steer(changes),
  withoutRetries: (services) => plane.withoutRetries(services),
  figures: () => plane.figures(),
  rescue: (name) => plane.rescue(name),
  serveCertificates: (certificates) => plane.serveCertificates(certificates),
  keptCertificate: (id) => plane.keptCertificate(id),
});

const readinessOf = (plane: () => HaproxyDataPlane): Readiness => ({
  serviceAt: (backend) => plane().carried.serviceAt(backend),
  mayWait: (service) => plane().carried.mayWait(service),
  readyOf: (services) => plane().asked.readyOf(services),
});

function carryUnknown(plane: HaproxyDataPlane, logger: Runtime['logger']): void {
  plane
    .carryUnknown()
    .catch((err: unknown) => logger.warn({ err }, 'requests cannot be answered that nothing is known yet'));
}

const troublesIn =
  (logger: Runtime['logger']) =>
  (err: unknown, what: string): void => {
    if (err instanceof DataPlaneError) logger.warn({ code: err.code }, `${what}: ${err.message}`);
    else logger.warn({ err }, what);
  };

interface LineTakerParts extends Pick<Runtime, 'logger'> {
  readonly plane: HaproxyDataPlane;
  readonly requests: RequestMetrics;
  readonly listeners: readonly RequestListener[];
}

/** Takes the lines of HAProxy's log: counts, tells and logs each request under the names of service and instance. */
const lineTaker =
  ({ plane, requests, logger, listeners }: LineTakerParts) =>
  (line: RequestLine): void => {
    const answer = answeredOf(line);
    if (answer === undefined) return;
    const answering = plane.carried.serverAt(answer.backend, answer.server);
    requests.answered(answer, answering);
    const request = { ...shownOf(line), ...answering, cache: answer.cache };
    for (const listener of listeners) listener(request, answer);
    // The client's own line comes as well, with the time that it waited.
    if (!answer.isBack) logger.info(request, 'request');
  };

function showCounts(metrics: Runtime['metrics'], counts: HaproxyCounts): void {
  metrics.counter('gateway_haproxy_starts_total', 'Starts of HAProxy.', [], () => [[{}, counts.starts]]);
  metrics.counter('gateway_haproxy_reloads_total', 'Reloads of HAProxy.', [], () => [[{}, counts.reloads]]);
  metrics.counter('gateway_haproxy_changes_total', 'Changes of running servers and routes.', [], () => [
    [{}, counts.operations],
  ]);
}

/** Without HAProxy's own names, which say nothing to people. */
const shownOf = (line: RequestLine): RequestLine =>
  Object.fromEntries(Object.entries(line).filter(([name]) => !HIDDEN.includes(name)));
const HIDDEN = ['frontend', 'to', 'backend', 'server', 'cached', 'probe'];

interface TotalsParts extends Pick<Runtime, 'logger' | 'metrics'> {
  readonly plane: HaproxyDataPlane;
  readonly requests: RequestMetrics;
  readonly log: AccessLog | undefined;
}

/** Reads what HAProxy counts itself. Without its log, that is all that is known of requests. */
function lookAtTotals({ logger, metrics, plane, requests, log }: TotalsParts): Recurring {
  const show = (command: string) => plane.asked.show(command);
  const totals = new HaproxyTotals({ metrics, show, linesLostHere: () => log?.lost ?? 0 });
  const differences = new StatDifferences();
  let saidLost = 0;
  return new Recurring(LOOK_MS, async () => {
    await totals.read();
    const lost = totals.linesLost;
    if (lost > saidLost)
      logger.warn(
        { lines: lost - saidLost },
        'lines of requests were lost: they are missing in log and metrics',
      );
    saidLost = lost;
    if (log !== undefined) return;
    const rows = rowsOf(await show('show stat -1 6 -1 no-maint').catch(() => ''));
    for (const { backend, server, happened } of differences.of(rows))
      requests.counted(
        backend,
        server !== undefined,
        plane.carried.serverAt(backend, server ?? ''),
        happened,
      );
  });
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
    headMs: config.GATEWAY_HEAD_MS,
    cache: {
      bytes: config.GATEWAY_CACHE_BYTES,
      objectBytes: config.GATEWAY_CACHE_OBJECT_BYTES,
      maxAgeMs: config.GATEWAY_CACHE_MAX_AGE_MS,
    },
    limits: {
      clientRequests: config.GATEWAY_CLIENT_REQUESTS,
      clientConnections: config.GATEWAY_CLIENT_CONNECTIONS,
      bodyBytes: config.GATEWAY_BODY_BYTES,
    },
    probes: { agents: config.GATEWAY_PROBE_AGENTS, paths: config.GATEWAY_PROBE_PATHS },
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
