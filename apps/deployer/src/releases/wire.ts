import { readFile } from 'node:fs/promises';
import type { Pool } from '#libs/postgres';
import { createRegistry, type ImageRegistry, type RegistryLogins } from '#libs/registry';
import type { Logger } from '#libs/telemetry';
import { RegistryImageLayers } from './adapters/image-layers.js';
import { PostgresLayers } from './adapters/release-layers.js';
import { PostgresReleases } from './adapters/releases.js';
import type { DeployerConfig } from '../deployer.config.js';
import type { Layers } from './ports.js';

interface ImageLayersParts {
  readonly registry: ImageRegistry;
  readonly logins: RegistryLogins;
  readonly logger: Logger;
}

/** PEM of a private authority. */
async function authorityOf({ REGISTRY_CA_FILE: file }: DeployerConfig): Promise<string | undefined> {
  return file === undefined ? undefined : readFile(file, 'utf8');
}

/** The image registry that releases are pushed to and pulled from. */
export async function openImageRegistry(config: DeployerConfig): Promise<ImageRegistry> {
  return createRegistry({
    url: config.REGISTRY_URL,
    kind: config.REGISTRY_KIND,
    username: config.REGISTRY_USERNAME,
    password: config.REGISTRY_PASSWORD?.reveal(),
    ca: await authorityOf(config),
    identity: {
      clientId: config.AZURE_CLIENT_ID,
      tenantId: config.AZURE_TENANT_ID,
      federatedTokenFile: config.AZURE_FEDERATED_TOKEN_FILE,
      authorityHost: config.AZURE_AUTHORITY_HOST,
    },
  });
}

/** What images consist of, by our registry and those of others. */
export async function createImageLayers(
  config: DeployerConfig,
  { registry, logins, logger }: ImageLayersParts,
): Promise<RegistryImageLayers> {
  const own = { host: registry.host, url: config.REGISTRY_URL, ca: await authorityOf(config) };
  return new RegistryImageLayers(own, logins, (err, image) =>
    logger.warn({ err, image }, 'the layers of an image are not known: its node is chosen without'),
  );
}

export const createLayers = (pool: Pool, registry: RegistryImageLayers): Layers =>
  new PostgresLayers(pool, registry);

export const createReleases = (pool: Pool): PostgresReleases => new PostgresReleases(pool);
