import { readFile } from 'node:fs/promises';
import { BlobStore } from '#libs/blob';
import { connectEngine } from '#libs/engine';
import type { EventStore, Outbox, Pool, WorkQueue } from '#libs/postgres';
import { createRegistry } from '#libs/registry';
import { parsePrivateKey } from '#libs/secrets';
import { SshPool } from '#libs/ssh';
import type { Logger } from '#libs/telemetry';
import { installationId } from './adapters/node-checks.js';
import { SshNodeEngines } from './adapters/node-engines.js';
import { EngineImageBuilder } from './adapters/image-builder.js';
import { BlobSources } from './adapters/sources.js';
import type { DeployerConfig } from './deployer.config.js';

export const SCHEMA = 'deployer';

/** Archive limits: what a service's source may be at most. */
const ARCHIVE_LIMITS = {
  maxEntries: 20_000,
  maxTotalBytes: 2 * 1024 ** 3,
  maxEntryBytes: 1024 ** 3,
  maxRatio: 200,
};

/** What the deployer keeps in Postgres. */
export interface Storage {
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly events: EventStore;
  readonly work: WorkQueue;
}

/** Two tries of a new connection, or refusals for half the time and then one more, or three keep-alives of one that is up, take so long. */
const nodeTimeouts = (ms: number) => ({
  connectTimeoutMs: ms / 2,
  connectAttempts: 2,
  connectForMs: ms / 2,
  keepaliveMs: Math.ceil(ms / 3),
});

/** Adapters to what stands around: blobs, registry, builder, nodes. */
export async function createOutside(config: DeployerConfig, pool: Pool, logger: Logger) {
  const ca =
    config.REGISTRY_CA_FILE === undefined ? undefined : await readFile(config.REGISTRY_CA_FILE, 'utf8');
  const registry = createRegistry({
    url: config.REGISTRY_URL,
    kind: config.REGISTRY_KIND,
    username: config.REGISTRY_USERNAME,
    password: config.REGISTRY_PASSWORD?.reveal(),
    ca,
    identity: {
      clientId: config.AZURE_CLIENT_ID,
      tenantId: config.AZURE_TENANT_ID,
      federatedTokenFile: config.AZURE_FEDERATED_TOKEN_FILE,
      authorityHost: config.AZURE_AUTHORITY_HOST,
    },
  });
  const installation = await installationId(pool);
  const connectionString = config.AZURE_STORAGE_CONNECTION_STRING.reveal();
  const builderEngine = connectEngine({ socketPath: config.BUILDER_HOST.slice('unix://'.length) });
  return {
    sources: new BlobSources({
      blobs: (container = config.SLIPWAY_BLOB_CONTAINER) => new BlobStore({ connectionString, container }),
      workDirectory: config.DEPLOYER_WORK_DIRECTORY,
      limits: ARCHIVE_LIMITS,
      allowSymlinks: config.ARCHIVE_ALLOW_SYMLINKS,
    }),
    builder: new EngineImageBuilder({
      engine: builderEngine,
      registry,
      baseImages: { byRuntime: config.BASE_IMAGES, legacy: config.LEGACY_BASE_IMAGES },
      cacheMounts: config.BUILD_CACHE_MOUNTS,
      installation,
    }),
    engines: new SshNodeEngines({
      pool,
      ssh: new SshPool({ logger, ...nodeTimeouts(config.DEPLOYER_NODE_TIMEOUT_MS) }),
      registry,
      privateKey: parsePrivateKey(config.SLIPWAY_DEPLOYER_PRIVATE_KEY.reveal()),
      installation,
    }),
    installation,
    builderEngine,
    registry,
  };
}
