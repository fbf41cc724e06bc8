import { onTestFinished } from 'vitest';
import type { Logger, Metrics } from '#libs/telemetry';
import type { GatewayConfig } from '../gateway.config.js';
import { gatewayParts } from './gateway-parts.testing.js';
import { filesIn } from './adapters/haproxy-settings.js';
import { RuntimeApi } from './adapters/runtime-api.js';
import { type Answer, ask, Instance } from './haproxy.testing.js';
import { type OpenDataPlane, openDataPlane } from './wire.js';

type AskedOf = Omit<Parameters<typeof ask>[0], 'port'>;

export interface PlaneUnderTest {
  readonly plane: OpenDataPlane;
  readonly port: number;
  readonly folder: string;
  readonly config: GatewayConfig;
  readonly logger: Logger;
  readonly metrics: Metrics;
  ask(what: AskedOf): Promise<Answer>;
  /** Asks `web.localhost`, which `wantedOf` gives to the service `web`. */
  get(path?: string, more?: Omit<AskedOf, 'host' | 'path'>): Promise<Answer>;
  /** A command, as whoever looks at HAProxy gives it. */
  command(text: string): Promise<string>;
  /** An instance that ends with the test. */
  instance: typeof startInstance;
  /** The lines of a metric. */
  metric(name: string): Promise<readonly string[]>;
}

/** An instance that ends with the test. */
export async function startInstance(...how: Parameters<typeof Instance.start>): Promise<Instance> {
  const started = await Instance.start(...how);
  onTestFinished(() => started.kill().catch(() => undefined));
  return started;
}

/** A gateway's data plane on real HAProxy, by its variables, until the test is over. */
export async function startPlane(env: Readonly<Record<string, string>> = {}): Promise<PlaneUnderTest> {
  const { config, folder, port, listen, runtime, remove } = await gatewayParts({
    env: { GATEWAY_POOL_BACKENDS: 'least=4,weighted=1,sticky=2', ...env },
  });
  onTestFinished(remove);
  const { logger, metrics } = runtime;
  const plane = await openDataPlane(runtime, config, listen);
  onTestFinished(() => plane.close({ leave: false }));
  return {
    ...{ plane, port, folder, config, logger, metrics },
    ask: (what) => ask({ ...what, port }),
    get: (path = '/', more = {}) => ask({ port, host: 'web.localhost', path, ...more }),
    command: (text) => commanded(folder, text),
    instance: startInstance,
    async metric(name) {
      const text = await metrics.registry.metrics();
      return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    },
  };
}

async function commanded(folder: string, text: string): Promise<string> {
  const api = await RuntimeApi.connect(filesIn(folder).runtimeSocket);
  try {
    return await api.ask(text);
  } finally {
    api.close();
  }
}
