import { readFile } from 'node:fs/promises';
import { type Pool, withAdvisoryLock } from '#libs/postgres';
import { createRegistry, type ImageRegistry } from '#libs/registry';
import { Recurring, type Runtime } from '#libs/runtime';
import { PostgresReleases } from './adapters/releases.js';
import { OwnRegistryImages } from './adapters/registry-images.js';
import { PostgresReleaseRecords } from './adapters/release-records.js';
import type { DeployerConfig } from '../deployer.config.js';
import { SCHEMA } from '../task/storage.wire.js';
import { applyRetention, type RetentionPorts } from './apply-retention.js';

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

const DAY_MS = 86_400_000;
/** Far longer than a step takes to record what it found. */
const GRACE_MS = 600_000;

interface RetentionParts {
  readonly config: DeployerConfig;
  readonly pool: Pool;
  readonly registry: ImageRegistry;
  readonly runtime: Pick<Runtime, 'logger' | 'metrics' | 'clock' | 'sessions'>;
}

/** Runs the retention of releases now and then, on one replica at a time; its end waits for one image at most. */
export function createRetention({ config, pool, registry, runtime }: RetentionParts): Recurring {
  const { logger, metrics, clock, sessions } = runtime;
  const deletions = metrics.counter('deployer_images_deleted_total', 'Images deleted from the registry');
  const ports: RetentionPorts = {
    releases: new PostgresReleaseRecords(pool),
    images: new OwnRegistryImages(registry),
    clock,
    onFailure: (image, error) => logger.warn({ err: error, image }, 'an old image was not deleted'),
  };
  const limits = {
    keep: config.RELEASE_RETENTION_GOOD,
    keepPerService: config.RELEASE_RETENTION_COUNT,
    maxAgeMs: config.RELEASE_RETENTION_DAYS * DAY_MS,
    graceMs: GRACE_MS,
  };
  return new Recurring(config.RELEASE_RETENTION_INTERVAL_MS, async (signal) => {
    try {
      const apply = () => applyRetention(ports, limits, signal);
      const result = await withAdvisoryLock(sessions, `slipway.retention.${SCHEMA}`, apply);
      deletions.inc(result?.deleted ?? 0);
      if (result !== undefined && Object.values(result).some((count) => count > 0))
        logger.info(result, 'old releases retired');
    } catch (error) {
      logger.warn({ err: error }, 'old releases could not be looked for');
    }
  });
}
