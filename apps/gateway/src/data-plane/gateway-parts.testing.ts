import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, createMetrics, Health, type Logger, type Metrics } from '#libs/telemetry';
import { closedPort } from '#libs/testing';
import { type GatewayConfig, gatewayConfigSchema } from '../gateway.config.js';

interface PartsOptions {
  /** Variables of the gateway, beside the few without which there is none. */
  readonly env?: Readonly<Record<string, string>>;
  readonly port?: number;
  /** Of an earlier gateway, which still removes it. */
  readonly folder?: string;
  readonly logger?: Logger;
}

/** What a gateway of a test is opened by. */
export interface GatewayParts {
  readonly config: GatewayConfig;
  readonly folder: string;
  readonly port: number;
  /** Where it takes plain HTTP. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly runtime: { readonly logger: Logger; readonly metrics: Metrics; readonly health: Health };
  /** Removes its folder. */
  remove(): Promise<void>;
}

/** With a free port and a folder of its own. Who tests what needs a database names it in `env`. */
export async function gatewayParts(options: PartsOptions = {}): Promise<GatewayParts> {
  const { env = {}, port = await closedPort() } = options;
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'slipway-gateway-')));
  const config = gatewayConfigSchema.parse({
    // One that has a feed has none.
    ...(env['GATEWAY_FEED_URLS'] === undefined && { DATABASE_URL: 'postgres://none/none' }),
    GATEWAY_REPLICA: 'gateway-1',
    SLIPWAY_API_TOKEN: 'nobody-asks-this-gateway-by-http-with-a-token',
    ...{ GATEWAY_LISTEN: `127.0.0.1:${port}`, GATEWAY_FOLDER: folder },
    ...env,
  });
  const { logger = createLogger({ app: 'gateway', replica: config.GATEWAY_REPLICA, level: 'error' }) } =
    options;
  return {
    ...{ config, folder, port, listen: { host: '127.0.0.1', port } },
    runtime: { logger, metrics: createMetrics('gateway'), health: new Health() },
    remove: () =>
      options.folder === undefined ? rm(folder, { recursive: true, force: true }) : Promise.resolve(),
  };
}
