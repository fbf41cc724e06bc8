import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createLogger, createMetrics, Health, type Metrics } from '#libs/telemetry';
import { closedPort } from '#libs/testing';
import { gatewayConfigSchema } from '../gateway.config.js';
import { type Answer, ask, Instance } from './haproxy.testing.js';
import { type OpenDataPlane, openDataPlane } from './wire.js';

type AskedOf = Omit<Parameters<typeof ask>[0], 'port'>;

export interface PlaneUnderTest {
  readonly plane: OpenDataPlane;
  readonly port: number;
  readonly folder: string;
  readonly metrics: Metrics;
  ask(what: AskedOf): Promise<Answer>;
  /** An instance that ends with the test. */
  instance(...how: Parameters<typeof Instance.start>): Promise<Instance>;
  /** The lines of a metric. */
  metric(name: string): Promise<readonly string[]>;
}

/** A gateway's data plane on real HAProxy, by its variables, until the test is over. */
export async function startPlane(env: Readonly<Record<string, string>> = {}): Promise<PlaneUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-plane-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const port = await closedPort();
  const config = gatewayConfigSchema.parse({
    ...{ KAFKA_BROKERS: 'none:1', DATABASE_URL: 'postgres://none', GATEWAY_REPLICA: 'gateway-1' },
    ...{ GATEWAY_LISTEN: `127.0.0.1:${port}`, GATEWAY_FOLDER: folder, SLIPWAY_API_TOKEN: 'a token' },
    GATEWAY_POOL_BACKENDS: 'least=4,weighted=1,sticky=2',
    ...env,
  });
  const metrics = createMetrics('gateway');
  const logger = createLogger({ app: 'gateway', replica: 'gateway-1', level: 'error' });
  const listen = { host: '127.0.0.1', port };
  const plane = await openDataPlane({ logger, health: new Health(), metrics }, config, listen);
  onTestFinished(() => plane.close({ leave: false }));
  return {
    ...{ plane, port, folder, metrics },
    ask: (what) => ask({ ...what, port }),
    async instance(...how) {
      const started = await Instance.start(...how);
      onTestFinished(() => started.kill().catch(() => undefined));
      return started;
    },
    async metric(name) {
      const text = await metrics.registry.metrics();
      return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    },
  };
}
