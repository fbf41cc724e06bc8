import type { ObservedNode } from '#libs/observations';
import { keepPartitions, type KeptTable, withAdvisoryLock } from '#libs/postgres';
import { readServices, RegistryUnavailableError } from '#libs/registry-client';
import { Recurring, type Runtime } from '#libs/runtime';
import { PostgresSpans, spanTables, type SpanTable } from './adapters/postgres-spans.js';
import { FollowedScaling } from './follow-scaling.js';
import { SpanWriter } from './write-spans.js';

export interface MinuteParts {
  readonly runtime: Pick<Runtime, 'pool' | 'sessions' | 'clock' | 'logger'>;
  readonly holder: string;
  /** Of minutes. */
  readonly keepDays: number;
  /** Of ten seconds. */
  readonly keepTenSecondsDays: number;
}

export interface KeptMinutes {
  observed(second: ObservedNode): void;
  /** Resolves once there is a place for the figures of today. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const WRITE_MS = 5_000;
const PARTITIONS_MS = 3_600_000;
/** A service that begins to scale has its first ten seconds so late at most. */
const SCALING_MS = 15_000;

/** Minutes of all nodes, and ten seconds of the services that scale. */
export function createMinutes(parts: MinuteParts): KeptMinutes {
  const { pool, logger } = parts.runtime;
  const scaling = new FollowedScaling({
    counts: { all: () => readServices(pool) },
    onError: (err) => sayNotKnown(logger, err),
  });
  const minutes = writerOf(parts, spanTables.minutes, { lengthMs: 60_000, kept: 10 });
  const tenSeconds = writerOf(parts, spanTables.tenSeconds, {
    ...{ lengthMs: 10_000, kept: 60 },
    wants: (instance) => scaling.current.has(instance),
  });
  const writers = [minutes, tenSeconds];
  const writeAll = async (): Promise<void> => {
    await Promise.all(writers.map((writer) => writer.write()));
  };
  const keep = (): Promise<void> => keepAll(parts);
  const recurring = [
    new Recurring(WRITE_MS, writeAll),
    new Recurring(SCALING_MS, () => scaling.refresh()),
    new Recurring(PARTITIONS_MS, () =>
      keep().catch((err: unknown) => logger.warn({ err }, 'the partitions of figures are not up to date')),
    ),
  ];
  return {
    observed: (second) => writers.forEach((writer) => writer.observed(second)),
    async start() {
      await keep();
      await scaling.refresh();
      recurring.forEach((one) => one.start());
    },
    async stop() {
      await Promise.all(recurring.map((one) => one.stop()));
      await writeAll();
    },
  };
}

type Length = Pick<ConstructorParameters<typeof SpanWriter>[0], 'lengthMs' | 'kept' | 'wants'>;

function writerOf({ runtime, holder }: MinuteParts, table: SpanTable, length: Length): SpanWriter {
  const { pool, clock, logger } = runtime;
  return new SpanWriter({
    ...length,
    spans: new PostgresSpans(pool, table, holder),
    now: () => clock.now(),
    onError: (err) => logger.warn({ err, table }, 'figures of nodes are not stored yet'),
  });
}

function sayNotKnown(logger: Runtime['logger'], err: unknown): void {
  // As in a first start, in which the node manager comes up beside it.
  if (err instanceof RegistryUnavailableError) logger.info({ hint: err.hint }, err.message);
  else logger.warn({ err }, 'it is not known which services scale');
}

async function keepAll({ runtime, keepDays, keepTenSecondsDays }: MinuteParts): Promise<void> {
  const { pool, sessions, clock, logger } = runtime;
  const tables: readonly KeptTable[] = [
    { table: spanTables.minutes, keepDays },
    { table: spanTables.tenSeconds, keepDays: keepTenSecondsDays },
  ];
  await withAdvisoryLock(sessions, 'slipway.agent.minutes', async () => {
    for (const kept of tables) {
      const gone = await keepPartitions(pool, clock.now(), kept);
      if (gone.length > 0) logger.info({ partitions: gone }, 'old figures deleted');
    }
  });
}
