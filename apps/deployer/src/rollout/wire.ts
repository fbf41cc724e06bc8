import type { Pool } from '#libs/postgres';
import type { ImageRegistry } from '#libs/registry';
import { parsePrivateKey } from '#libs/secrets';
import { SshPool } from '#libs/ssh';
import type { Logger } from '#libs/telemetry';
import { nodeTimeouts, type DeployerConfig } from '../deployer.config.js';
import { SshNodeEngines } from './adapters/node-engines.js';
import { NodeLogins } from './adapters/node-logins.js';

export interface NodeParts {
  readonly config: DeployerConfig;
  readonly pool: Pool;
  readonly registry: ImageRegistry;
  readonly installation: string;
  readonly logger: Logger;
}

/** The engines of the nodes, and how to reach them. */
export function createNodes({ config, pool, registry, installation, logger }: NodeParts) {
  const logins = new NodeLogins(pool);
  const privateKey = parsePrivateKey(config.SLIPWAY_DEPLOYER_PRIVATE_KEY.reveal());
  const ssh = new SshPool({ logger, ...nodeTimeouts(config) });
  return { logins, engines: new SshNodeEngines({ logins, ssh, registry, privateKey, installation }) };
}
