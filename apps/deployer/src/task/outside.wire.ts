import type { Pool } from '#libs/postgres';
import { registryLogins } from '#libs/registry';
import type { Logger } from '#libs/telemetry';
import { createBuilding } from '../build/wire.js';
import type { DeployerConfig } from '../deployer.config.js';
import { createImageLayers, openImageRegistry } from '../releases/wire.js';
import type { NodeVerdicts } from '../rollout/ports.js';
import { createNodes } from '../rollout/wire.js';
import { createSecrets, withoutSecrets } from '../secrets/wire.js';
import { installationId } from './adapters/installation.js';

/** Adapters to what stands around the deployer: blobs, image registry, builders, nodes. */
export async function createOutside(
  config: DeployerConfig,
  pool: Pool,
  { logger, verdicts }: { readonly logger: Logger; readonly verdicts: NodeVerdicts },
) {
  const registry = await openImageRegistry(config);
  const installation = await installationId(pool);
  const logins = registryLogins(registry, config.REGISTRY_LOGINS_FILE);
  const parts = { config, pool, installation, logger };
  return {
    ...{ registry, installation },
    imageLayers: await createImageLayers(config, { registry, logins, logger }),
    ...(await createBuilding({ ...parts, registry, logins })),
    ...createNodes({ ...parts, verdicts, registryLogins: logins }),
    secrets: await createSecrets(parts),
    withoutSecrets,
  };
}

export type Outside = Awaited<ReturnType<typeof createOutside>>;
