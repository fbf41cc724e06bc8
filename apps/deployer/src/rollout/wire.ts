import type { Outbox, Pool } from '#libs/postgres';
import type { RegistryLogins } from '#libs/registry';
import { parsePrivateKeys } from '#libs/secrets';
import { SshPool } from '#libs/ssh';
import type { Logger } from '#libs/telemetry';
import { nodeTimeouts, type DeployerConfig } from '../deployer.config.js';
import { withoutSecrets } from '../secrets/wire.js';
import type { Chore, Clock } from '../task/ports.js';
import { PostgresInstances } from './adapters/instances.js';
import { NetworkProber } from './adapters/network-prober.js';
import { SshNodeEngines } from './adapters/node-engines.js';
import { SshNodeImages } from './adapters/node-images.js';
import { NodeLogins } from './adapters/node-logins.js';
import { PostgresNodeRequests } from './adapters/node-requests.js';
import { purgeNodeRequests } from './adapters/node-rows.js';
import type { NodeVerdicts } from './ports.js';

interface NodeParts {
  readonly config: DeployerConfig;
  readonly pool: Pool;
  readonly registryLogins: RegistryLogins;
  readonly installation: string;
  readonly logger: Logger;
  readonly verdicts: NodeVerdicts;
}

/** The engines of the nodes, and how to reach them. */
export function createNodes({ config, pool, registryLogins, installation, logger, verdicts }: NodeParts) {
  const logins = new NodeLogins(pool);
  const privateKeys = parsePrivateKeys(config.SLIPWAY_DEPLOYER_PRIVATE_KEY.reveal());
  const ssh = new SshPool({ logger, ...nodeTimeouts(config) });
  const parts = { logins, ssh, registryLogins, privateKeys, installation, withoutSecrets, verdicts };
  const engines = new SshNodeEngines(parts);
  const nodeImages = new SshNodeImages(engines, { ssh, installation });
  return { logins, engines, nodeImages, prober: new NetworkProber() };
}

/** What is recorded of instances and of the nodes that were asked for. */
export function createRolloutRecord(parts: {
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly clock: Clock;
}) {
  return { instances: new PostgresInstances(parts), nodeRequests: new PostgresNodeRequests(parts.pool) };
}

/** So long is left to look at a node once what a task left there is old enough to be removed. */
const LOOKED_AT_WITHIN_MS = 600_000;

export const rolloutChores = (pool: Pool, config: DeployerConfig): readonly Chore[] => [
  {
    what: 'node requests of ended tasks',
    work: () => purgeNodeRequests(pool, config.DEPLOYER_ORPHAN_AGE_MS + LOOKED_AT_WITHIN_MS),
  },
];
