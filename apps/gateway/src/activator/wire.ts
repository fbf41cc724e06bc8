import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Runtime } from '#libs/runtime';
import type { GatewayConfig } from '../gateway.config.js';
import { ActivatorServer } from './adapters/activator-server.js';
import { HoldRequests } from './hold-requests.js';
import type { Readiness } from './ports.js';

/** An instance that is there is found so much later at most. */
const LOOK_MS = 50;

interface ActivatorParts {
  readonly metrics: Runtime['metrics'];
  readonly config: GatewayConfig;
  readonly readiness: Readiness;
  /** HAProxy's socket for requests that have waited. */
  readonly back: string;
  readonly isHttp2: (backend: string) => boolean;
  readonly nameOf: (service: string) => { readonly appId: string; readonly service: string };
  /** A request begins to wait for a service for which no other does. */
  readonly onFirst: (service: string) => void;
}

interface Activator {
  /** Of the abstract socket to which HAProxy sends the requests of a backend. */
  addressOf(backend: string): string;
  /** Takes requests for these backends, and for no others. */
  takeFor(backends: readonly string[]): Promise<void>;
  /** There may be an instance for those that wait, or none to wait for. */
  lookNow(): void;
  /** How many requests wait for each service, by its id. */
  readonly counts: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Holds requests of services without an instance; undefined where nobody is to wait. */
export function createActivator(parts: ActivatorParts): Activator | undefined {
  const { metrics, config, readiness, back, isHttp2, nameOf, onFirst } = parts;
  if (config.GATEWAY_WAIT_MS === 0) return undefined;
  // Whoever had the name of an earlier process would get requests of the HAProxy that it left.
  const name = `slipway-${randomUUID()}`;
  const addressOf = (backend: string): string => `${name}-${backend}`;
  const hold = new HoldRequests({
    readiness,
    bounds: {
      requests: config.GATEWAY_WAIT_REQUESTS,
      requestsPerService: config.GATEWAY_WAIT_REQUESTS_PER_SERVICE,
    },
    // The answer that time is up must come before HAProxy takes the silence for an instance that hangs.
    waitMs: Math.min(config.GATEWAY_WAIT_MS, Math.ceil(config.GATEWAY_IDLE_MS / 2)),
    ...{ lookMs: LOOK_MS, onFirst },
    monotonicMs: () => performance.now(),
    delay,
  });
  const { ended, seconds } = defineMetrics(metrics, hold, nameOf);
  const server = new ActivatorServer({
    ...{ hold, back, isHttp2, serviceAt: (backend: string) => readiness.serviceAt(backend) },
    probes: { agents: config.GATEWAY_PROBE_AGENTS, paths: config.GATEWAY_PROBE_PATHS },
    onEnd(end, waitedMs) {
      ended.inc({ end });
      if (end !== 'probe') seconds.observe(waitedMs / 1_000);
    },
  });
  return {
    addressOf,
    lookNow: () => hold.lookNow(),
    get counts() {
      return hold.counts;
    },
    takeFor: (backends) =>
      server.listenFor(new Map(backends.map((backend) => [backend, addressOf(backend)]))),
    async close() {
      await hold.stop();
      await server.close();
    },
  };
}

function defineMetrics(
  metrics: ActivatorParts['metrics'],
  hold: HoldRequests,
  nameOf: ActivatorParts['nameOf'],
) {
  const ended = metrics.counter(
    'gateway_waits_total',
    'Requests that found no instance, by how that ended.',
    ['end'],
  );
  const seconds = metrics.histogram('gateway_wait_seconds', 'How long requests waited for an instance.');
  metrics.gauge(
    'gateway_waiting_requests',
    'Requests that wait for an instance.',
    ['app_id', 'service'],
    () =>
      [...hold.counts].map(([id, count]) => {
        const { appId: app_id, service } = nameOf(id);
        return [{ app_id, service }, count];
      }),
  );
  return { ended, seconds };
}
