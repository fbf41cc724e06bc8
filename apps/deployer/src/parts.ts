import { readFile } from 'node:fs/promises';
import { BlobStore } from '#libs/blob';
import type { EventStore, Outbox, Pool, WorkQueue } from '#libs/postgres';
import { createRegistry } from '#libs/registry';
import { parseAtRestKey, parsePrivateKey } from '#libs/secrets';
import { SshPool } from '#libs/ssh';
import type { Logger } from '#libs/telemetry';
import { connectBuilders } from './adapters/connect-builders.js';
import { installationId } from './adapters/node-checks.js';
import { SshNodeEngines } from './adapters/node-engines.js';
import { NodeLogins } from './adapters/node-logins.js';
import { EngineImageBuilder } from './adapters/image-builder.js';
import { PostgresSecrets } from './adapters/secrets.js';
import { BlobSources } from './adapters/sources.js';
import { buildersOf, type DeployerConfig } from './deployer.config.js';

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
  const privateKey = parsePrivateKey(config.SLIPWAY_DEPLOYER_PRIVATE_KEY.reveal());
  const atRestKey = parseAtRestKey(config.SLIPWAY_SECRET_KEY.reveal());
  const builders = await connectBuilders({
    ...{ addresses: buildersOf(config), installation, logger },
    limit: config.DEPLOYER_BUILD_CONCURRENCY,
    cacheMaxBytes: config.BUILDER_CACHE_MAX_BYTES,
    minFreeBytes: config.BUILDER_MIN_FREE_BYTES,
    ssh: nodeTimeouts(config.DEPLOYER_NODE_TIMEOUT_MS),
  });
  const logins = new NodeLogins(pool);
  return {
    sources: new BlobSources({
      blobs: (container = config.SLIPWAY_BLOB_CONTAINER) => new BlobStore({ connectionString, container }),
      workDirectory: config.DEPLOYER_WORK_DIRECTORY,
      limits: ARCHIVE_LIMITS,
      allowSymlinks: config.ARCHIVE_ALLOW_SYMLINKS,
      minFreeBytes: config.DEPLOYER_MIN_FREE_BYTES,
    }),
    builder: new EngineImageBuilder({
      builders,
      registry,
      baseImages: { byRuntime: config.BASE_IMAGES, legacy: config.LEGACY_BASE_IMAGES },
      cacheMounts: config.BUILD_CACHE_MOUNTS,
      installation,
    }),
    logins,
    engines: new SshNodeEngines({
      logins,
      ssh: new SshPool({ logger, ...nodeTimeouts(config.DEPLOYER_NODE_TIMEOUT_MS) }),
      registry,
      privateKey,
      installation,
    }),
    secrets: new PostgresSecrets(pool, { privateKey, atRestKey }),
    installation,
    builders,
    registry,
  };
}
