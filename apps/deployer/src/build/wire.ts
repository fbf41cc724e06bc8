import { blobStores } from '#libs/blob';
import type { Pool } from '#libs/postgres';
import type { ImageRegistry, RegistryLogins } from '#libs/registry';
import type { Logger } from '#libs/telemetry';
import { buildersOf, nodeTimeouts, type DeployerConfig } from '../deployer.config.js';
import type { Chore, Clock } from '../task/ports.js';
import type { Builder } from './adapters/builder.js';
import { removeBuilderLeftovers } from './adapters/builder-leftovers.js';
import { connectBuilders } from './adapters/connect-builders.js';
import { EngineImageBuilder } from './adapters/image-builder.js';
import { removeSourceLeftovers } from './adapters/source-leftovers.js';
import { BlobSources } from './adapters/sources.js';

/** Archive limits: what a service's source may be at most. */
const ARCHIVE_LIMITS = {
  maxEntries: 20_000,
  maxTotalBytes: 2 * 1024 ** 3,
  maxEntryBytes: 1024 ** 3,
  maxRatio: 200,
};

interface BuildingParts {
  readonly config: DeployerConfig;
  readonly registry: ImageRegistry;
  readonly logins: RegistryLogins;
  readonly installation: string;
  readonly logger: Logger;
}

/** Where sources come from, and the engines that build them. */
export async function createBuilding({ config, registry, logins, installation, logger }: BuildingParts) {
  const storesIn = blobStores(config);
  const builders = await connectBuilders({
    ...{ addresses: buildersOf(config), installation, logger },
    limit: config.DEPLOYER_BUILD_CONCURRENCY,
    cacheMaxBytes: config.BUILDER_CACHE_MAX_BYTES,
    minFreeBytes: config.BUILDER_MIN_FREE_BYTES,
    ssh: nodeTimeouts(config),
  });
  return {
    builders,
    /** Folders of sources that killed processes of this machine left; how many there were. */
    removeSourceLeftovers: () => removeSourceLeftovers(config.DEPLOYER_WORK_DIRECTORY),
    sources: new BlobSources({
      blobs: (container = config.SLIPWAY_BLOB_CONTAINER) => storesIn(container),
      workDirectory: config.DEPLOYER_WORK_DIRECTORY,
      limits: ARCHIVE_LIMITS,
      allowSymlinks: config.ARCHIVE_ALLOW_SYMLINKS,
      minFreeBytes: config.DEPLOYER_MIN_FREE_BYTES,
    }),
    builder: new EngineImageBuilder({
      ...{ builders, registry, logins, installation },
      baseImages: { byRuntime: config.BASE_IMAGES, legacy: config.LEGACY_BASE_IMAGES },
      cacheMounts: config.BUILD_CACHE_MOUNTS,
    }),
  };
}

interface BuildChoreParts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly installation: string;
  readonly builders: readonly Builder[];
  removeSourceLeftovers(): Promise<number>;
}

/** What killed processes left of builds: folders on this machine, images and cache on the builders. */
export function buildChores(parts: BuildChoreParts): readonly Chore[] {
  const { pool, clock, installation, builders } = parts;
  return [
    { what: 'source folders', work: () => parts.removeSourceLeftovers() },
    ...builders.flatMap((builder): readonly Chore[] => [
      {
        what: 'images that were not pushed',
        builder: builder.name,
        work: () =>
          removeBuilderLeftovers(builder.engine, pool, { installation, now: clock.now().getTime() }),
      },
      { what: 'the cache of builds', builder: builder.name, work: () => builder.trim().then(() => 0) },
    ]),
  ];
}
