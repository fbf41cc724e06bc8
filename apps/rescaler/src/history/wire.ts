import { keepPartitions, withAdvisoryLock } from '#libs/postgres';
import { Recurring, type Runtime } from '#libs/runtime';
import type { KnownHost } from '../rescaling/domain/known-host.js';
import { LIMIT_FIGURES, PostgresFigures } from './adapters/postgres-figures.js';
import { TenSeconds } from './domain/ten-seconds.js';

interface HistoryParts {
  readonly runtime: Pick<Runtime, 'pool' | 'sessions' | 'clock' | 'logger'>;
  readonly keepDays: number;
  hosts(): readonly KnownHost[];
  /** The version of the settings; undefined while this is switched off. */
  settings(): number | undefined;
}

const GATHER_MS = 1_000;
const PARTITIONS_MS = 3_600_000;

/** Limits and use as time series. */
export function createHistory({ runtime, keepDays, hosts, settings }: HistoryParts) {
  const { pool, clock, logger } = runtime;
  const gathered = new TenSeconds();
  const figures = new PostgresFigures(pool);
  let hasFailed = false;
  const store = async (full: ReturnType<TenSeconds['taken']>): Promise<void> => {
    try {
      await figures.store(full);
      hasFailed = false;
    } catch (err) {
      if (!hasFailed) logger.warn({ err }, 'limits of ten seconds are not stored now');
      hasFailed = true;
    }
  };
  const recurring = [
    new Recurring(GATHER_MS, async () => {
      const version = settings();
      if (version !== undefined) await store(gathered.add(hosts(), version, clock.now().getTime()));
    }),
    new Recurring(PARTITIONS_MS, () => keep(runtime, keepDays)),
  ];
  return {
    async start(): Promise<void> {
      await keep(runtime, keepDays);
      recurring.forEach((one) => one.start());
    },
    async stop(): Promise<void> {
      await Promise.all(recurring.map((one) => one.stop()));
      await store(gathered.taken());
    },
  };
}

async function keep(
  { pool, sessions, clock, logger }: HistoryParts['runtime'],
  keepDays: number,
): Promise<void> {
  try {
    await withAdvisoryLock(sessions, 'slipway.rescaler.figures', async () => {
      const gone = await keepPartitions(pool, clock.now(), { table: LIMIT_FIGURES, keepDays });
      if (gone.length > 0) logger.info({ partitions: gone }, 'old limits deleted');
    });
  } catch (err) {
    logger.warn({ err }, 'the partitions of limits are not up to date');
  }
}
