import type { Pool } from '#libs/postgres';
import { Recurring, type Runtime } from '#libs/runtime';
import type { Builder } from '../build/adapters/builder.js';
import { removeBuilderLeftovers } from '../build/adapters/builder-leftovers.js';
import { purgeEndedRows } from './adapters/ended-rows.js';
import { removeSourceLeftovers } from '../build/adapters/source-leftovers.js';
import type { DeployerConfig } from '../deployer.config.js';
import type { Outside } from './outside.wire.js';

const EVERY_MS = 300_000;

export interface HousekeepingParts {
  readonly config: DeployerConfig;
  readonly pool: Pool;
  readonly outside: Pick<Outside, 'builders' | 'installation'>;
  readonly runtime: Pick<Runtime, 'logger' | 'clock'>;
}

/** Removes now and then what killed processes and ended tasks left: each replica on its machine. */
export function createHousekeeping({ config, pool, outside, runtime }: HousekeepingParts): Recurring {
  const { builders, installation } = outside;
  const job = (what: string, work: () => Promise<number>, builder?: string) => async (): Promise<void> => {
    try {
      const removed = await work();
      if (removed > 0) runtime.logger.info({ what, builder, removed }, 'leftovers removed');
    } catch (err) {
      runtime.logger.warn({ err, what, builder }, 'leftovers could not be removed');
    }
  };
  const jobsOf = (builder: Builder): (() => Promise<void>)[] => [
    job(
      'images that were not pushed',
      () =>
        removeBuilderLeftovers(builder.engine, pool, { installation, now: runtime.clock.now().getTime() }),
      builder.name,
    ),
    job('the cache of builds', () => builder.trim().then(() => 0), builder.name),
  ];
  const jobs = [
    job('source folders', () => removeSourceLeftovers(config.DEPLOYER_WORK_DIRECTORY)),
    job('rows of ended tasks', () => purgeEndedRows(pool)),
    ...builders.flatMap((builder) => jobsOf(builder)),
  ];
  return new Recurring(EVERY_MS, async () => {
    await Promise.all(jobs.map((work) => work()));
  });
}
