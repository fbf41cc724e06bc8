import { type Outbox, type Pool, withAdvisoryLock } from '#libs/postgres';
import type { ImageRegistry } from '#libs/registry';
import { Recurring, type Runtime } from '#libs/runtime';
import type { DeployerConfig } from '../deployer.config.js';
import { SCHEMA } from '../task/storage.wire.js';
import { PostgresNodeNeeds } from './adapters/node-needs.js';
import { tellImagesRemoved } from './adapters/node-reports.js';
import { NodeSweeps } from './adapters/node-sweeps.js';
import { OwnRegistryImages } from './adapters/registry-images.js';
import { PostgresReleaseRecords } from './adapters/release-records.js';
import { applyRetention, type RetentionPorts } from './apply-retention.js';
import type { NodeImages } from './ports.js';
import { type Swept, sweepNode, type SweepPorts } from './sweep-node.js';

const DAY_MS = 86_400_000;
/** Far longer than a step takes to record what it found. */
const GRACE_MS = 600_000;

/** Of releases in the image registry, and of images on nodes. */
export const createRetentions = (
  parts: RetentionParts & { readonly outbox: Outbox; readonly nodeImages: NodeImages },
): readonly Recurring[] => [
  createRetention(parts),
  createNodeSweeper({ ...parts, images: parts.nodeImages }),
];

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

/** A sweep ends in that time; what is left goes in the next one. */
const SWEEP_MS = 45_000;
/** Longer than any sweep; a node whose sweeper died waits for so long. */
const LEASE_MS = 120_000;
/** Nodes that one replica sweeps at once. */
const AT_ONCE = 4;
const LONGEST_TICK_MS = 10_000;

interface SweeperParts {
  readonly config: Pick<
    DeployerConfig,
    'RELEASE_RETENTION_INTERVAL_MS' | 'RELEASE_RETENTION_NODES_MS' | 'RELEASE_RETENTION_DISK_PERCENT'
  >;
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly images: NodeImages;
  readonly runtime: Pick<Runtime, 'logger' | 'metrics' | 'clock'>;
  /** How long a retired release keeps its images on nodes. */
  readonly graceMs?: number;
}

/** Removes images from nodes now and then, on one replica at a time for each node. Never where retention is off. */
export function createNodeSweeper(parts: SweeperParts): Recurring {
  const { config, pool } = parts;
  const everyMs = config.RELEASE_RETENTION_INTERVAL_MS === 0 ? 0 : config.RELEASE_RETENTION_NODES_MS;
  const sweeps = new NodeSweeps(pool);
  const sweep = createSweep(parts);
  const { logger } = parts.runtime;
  const swept = async (node: string, signal: AbortSignal): Promise<void> => {
    const within = AbortSignal.any([signal, AbortSignal.timeout(SWEEP_MS)]);
    await sweep(node, within).catch((err: unknown) =>
      logger.warn({ err, node }, 'the images of a node could not be looked at'),
    );
    await sweeps.finish(node, everyMs);
  };
  return new Recurring(Math.min(everyMs, LONGEST_TICK_MS), async (signal) => {
    try {
      const nodes = await sweeps.claim(everyMs, LEASE_MS, AT_ONCE);
      await Promise.all(nodes.map((node) => swept(node, signal)));
    } catch (err) {
      logger.warn({ err }, 'nodes whose images may go could not be looked for');
    }
  });
}

function createSweep({ config, pool, outbox, images, runtime, graceMs = GRACE_MS }: SweeperParts) {
  const { logger, metrics, clock } = runtime;
  const removals = metrics.counter('deployer_node_images_removed_total', 'Images removed from nodes', [
    'why',
  ]);
  const ports: SweepPorts = {
    ...{ images, clock },
    releases: new PostgresNodeNeeds(pool),
    onFailure: (node, image, err) =>
      logger.warn({ err, node, image }, 'an image was not removed from a node'),
  };
  const diskPercent = config.RELEASE_RETENTION_DISK_PERCENT;
  const told = ({ surplus, spare, failed, stillFull }: Swept, node: string): void => {
    removals.inc({ why: 'retired' }, surplus);
    removals.inc({ why: 'disk' }, spare);
    const fields = { node, retired: surplus, forDisk: spare, failed };
    if (surplus + spare > 0) logger.info(fields, 'images removed from a node');
    if (stillFull)
      logger.warn({ node, diskPercent }, 'the disk of a node is too full, and no image of ours may go');
  };
  return async (node: string, signal: AbortSignal): Promise<void> => {
    const swept = await sweepNode(ports, node, { diskPercent, graceMs }, signal);
    told(swept, node);
    const { surplus: retired, spare: forDisk } = swept;
    if (retired + forDisk > 0) await tellImagesRemoved({ pool, outbox, clock }, node, { retired, forDisk });
  };
}
