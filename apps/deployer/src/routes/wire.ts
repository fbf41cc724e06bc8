import type { Outbox, Pool } from '#libs/postgres';
import type { DeployerConfig } from '../deployer.config.js';
import type { Clock } from '../task/ports.js';
import { PostgresRoutes } from './adapters/routes.js';
import { gatewayAddressOf } from './domain/gateway-address.js';

type GatewayConfig = Pick<DeployerConfig, 'SLIPWAY_TRAFFIC_URL'>;

/** Where the gateway takes requests, as far as the deployer was told. */
export const gatewayOf = ({ SLIPWAY_TRAFFIC_URL: url }: GatewayConfig) =>
  url === undefined ? undefined : gatewayAddressOf(url);

interface RoutesParts {
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly clock: Clock;
}

/** The routes, as tasks and people change them. */
export const createRoutes = (config: GatewayConfig, { pool, outbox, clock }: RoutesParts): PostgresRoutes =>
  new PostgresRoutes({ pool, outbox, clock, gateway: gatewayOf(config) });
