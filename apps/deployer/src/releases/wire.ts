import { readFile } from 'node:fs/promises';
import type { Pool } from '#libs/postgres';
import { createRegistry, type ImageRegistry } from '#libs/registry';
import { PostgresReleases } from './adapters/releases.js';
import type { DeployerConfig } from '../deployer.config.js';

/** The image registry that releases are pushed to and pulled from. */
export async function openImageRegistry(config: DeployerConfig): Promise<ImageRegistry> {
  const { REGISTRY_CA_FILE: caFile } = config;
  return createRegistry({
    url: config.REGISTRY_URL,
    kind: config.REGISTRY_KIND,
    username: config.REGISTRY_USERNAME,
    password: config.REGISTRY_PASSWORD?.reveal(),
    ca: caFile === undefined ? undefined : await readFile(caFile, 'utf8'),
    identity: {
      clientId: config.AZURE_CLIENT_ID,
      tenantId: config.AZURE_TENANT_ID,
      federatedTokenFile: config.AZURE_FEDERATED_TOKEN_FILE,
      authorityHost: config.AZURE_AUTHORITY_HOST,
    },
  });
}

export const createReleases = (pool: Pool): PostgresReleases => new PostgresReleases(pool);
