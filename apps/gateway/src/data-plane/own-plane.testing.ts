import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { createLogger, createMetrics, Health } from '#libs/telemetry';
import { closedPort } from '#libs/testing';
import { gatewayConfigSchema } from '../gateway.config.js';
import { filesIn } from './adapters/haproxy-settings.js';
import { RuntimeApi } from './adapters/runtime-api.js';
import { ask, Instance } from './haproxy.testing.js';
import { type OpenDataPlane, openDataPlane } from './wire.js';

/** For each test of a file, a port and a folder for a HAProxy of its own; what it starts ends with it. */
export function ownPlanes() {
  const stops: (() => Promise<unknown>)[] = [];
  let folder = '';
  let port = 0;
  beforeEach(async () => {
    [folder, port] = [await mkdtemp(join(tmpdir(), 'slipway-plane-')), await closedPort()];
    stops.push(() => rm(folder, { recursive: true, force: true }));
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });
  const logger = createLogger({ app: 'gateway', replica: 'gateway-1', level: 'error' });
  return {
    logger,
    async open(env: Readonly<Record<string, string>> = {}) {
      const config = gatewayConfigSchema.parse({
        ...{ DATABASE_URL: 'postgres://none/none', GATEWAY_FOLDER: folder },
        ...{ GATEWAY_LISTEN: `127.0.0.1:${port}`, GATEWAY_HAPROXY: '/usr/sbin/haproxy' },
        SLIPWAY_API_TOKEN: 'the-token-that-changes',
        ...{ GATEWAY_POOL_BACKENDS: 'least=2,weighted=2,sticky=2', ...env },
      });
      const metrics = createMetrics('gateway');
      const parts = { logger, health: new Health(), metrics };
      const plane: OpenDataPlane = await openDataPlane(parts, config, { host: '127.0.0.1', port });
      stops.push(() => plane.close({ leave: false }));
      return { plane, config, metrics };
    },
    async instance(name: string, answer?: Parameters<typeof Instance.start>[1]): Promise<Instance> {
      const started = await Instance.start(name, answer);
      stops.push(() => started.kill().catch(() => undefined));
      return started;
    },
    stop: (work: () => Promise<unknown>) => void stops.push(work),
    get: (path = '/', more: { readonly method?: string; readonly body?: string } = {}) =>
      ask({ port, host: 'web.localhost', path, ...more }),
    get port() {
      return port;
    },
    /** A command, as whoever looks at HAProxy gives it. */
    async command(text: string): Promise<string> {
      const api = await RuntimeApi.connect(filesIn(folder).runtimeSocket);
      try {
        return await api.ask(text);
      } finally {
        api.close();
      }
    },
  };
}
