import { withAdvisoryLock } from '#libs/postgres';
import { Recurring, type Runtime } from '#libs/runtime';
import { keepPartitions } from './adapters/partitions.js';
import { PostgresMinutes } from './adapters/postgres-minutes.js';
import { MinuteWriter } from './write-minutes.js';

export interface MinuteParts {
  readonly runtime: Pick<Runtime, 'pool' | 'sessions' | 'clock' | 'logger'>;
  readonly holder: string;
  readonly keepDays: number;
}

export interface KeptMinutes {
  readonly writer: MinuteWriter;
  /** Resolves once there is a place for the minutes of today. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const WRITE_MS = 5_000;
const PARTITIONS_MS = 3_600_000;

export function createMinutes({ runtime, holder, keepDays }: MinuteParts): KeptMinutes {
  const { pool, sessions, clock, logger } = runtime;
  const writer = new MinuteWriter({
    minutes: new PostgresMinutes(pool, holder),
    now: () => clock.now(),
    onError: (err) => logger.warn({ err }, 'the minutes of nodes are not stored yet'),
  });
  const keep = async (): Promise<void> => {
    const gone = await withAdvisoryLock(sessions, 'slipway.agent.minutes', () =>
      keepPartitions(pool, clock.now(), keepDays),
    );
    if (gone !== undefined && gone.length > 0) logger.info({ partitions: gone }, 'old minutes deleted');
  };
  const writing = new Recurring(WRITE_MS, () => writer.write());
  const keeping = new Recurring(PARTITIONS_MS, () =>
    keep().catch((err: unknown) => logger.warn({ err }, 'the partitions of minutes are not up to date')),
  );
  return {
    writer,
    async start() {
      await keep();
      writing.start();
      keeping.start();
    },
    async stop() {
      await Promise.all([writing.stop(), keeping.stop()]);
      await writer.write();
    },
  };
}
