import { allTopics } from '#libs/contracts';
import { createKafka, ensureTopics, Producer } from '#libs/kafka';
import {
  createPool,
  DatabaseClock,
  Listener,
  messagingTables,
  migrate,
  MigrationBlockedError,
  MigrationError,
  Outbox,
  OutboxRelay,
  type MigrationSet,
  type Pool,
  type Published,
} from '#libs/postgres';
import {
  createLogger,
  createMetrics,
  Health,
  type Logger,
  type Metrics,
  startTracing,
  type Tracing,
  withinTrace,
} from '#libs/telemetry';
import { inTurn } from './in-turn.js';
import type { RuntimeConfig } from './runtime-config.js';
import { publishTraced } from './traced-messages.js';

export interface RuntimeOptions {
  /** The app's name, in logs, metrics, consumer groups and message sources. */
  readonly app: string;
  /** Which of its replicas this is. */
  readonly replica: string;
  /** Its own schema in Postgres. */
  readonly schema: string;
  /** Besides the messaging tables, which every app has. */
  readonly migrations: readonly MigrationSet[];
  /** Views of its schema that other apps may read. */
  readonly publishes?: Published['readers'];
  /** Topics that it writes to besides those of the catalogue; made as those are where they are missing. */
  readonly ownTopics?: readonly string[];
  readonly config: RuntimeConfig;
}

/** What every app that handles messages stands on. */
export interface Runtime {
  readonly options: RuntimeOptions;
  readonly logger: Logger;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly pool: Pool;
  readonly listener: Listener;
  /** The same for all replicas, whatever is done to the clocks of their machines. */
  readonly clock: { now(): Date };
  readonly outbox: Outbox;
  readonly relay: OutboxRelay;
  readonly kafka: ReturnType<typeof createKafka>;
  readonly producer: Producer;
  close(): Promise<void>;
}

const HELD_HINT =
  'Create the topic, or allow this app to describe and write it. What waits for it is sent within seconds then.';

/** Brings the app's schema up to date, makes the topics that are missing, and opens what the app needs. */
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { app, replica, schema, config } = options;
  const logger = createLogger({ app, replica, level: config.LOG_LEVEL });
  const tracing = await startTracing({ service: app, replica, env: config, logger });
  const health = new Health();
  const url = config.DATABASE_URL.reveal();
  // Not of the request, if any, for which the connection was once opened.
  const onIdleError = (err: Error): void =>
    withinTrace(undefined, () => logger.warn({ err }, 'an idle database connection was lost'));
  const pool = createPool({ url, schema, applicationName: `${app}/${replica}`, onIdleError });
  health.register('postgres', async () => void (await pool.query('SELECT 1')));
  const listener = new Listener({ url, onError: (err) => logger.warn({ err }, 'LISTEN was lost') });
  const clock = new DatabaseClock(pool, (err) => logger.warn({ err }, 'the database did not tell the time'));
  const kafka = createKafka({ brokers: config.KAFKA_BROKERS, clientId: replica, logger });
  const producer = new Producer(kafka, { source: `slipway/${app}` });
  const relay = new OutboxRelay({
    pool,
    listener,
    schema,
    publish: (rows) => publishTraced({ tracing, producer, logger }, rows),
    onError: (err) => logger.warn({ err }, 'the outbox waits'),
    onHeld: (topic) =>
      logger.error({ topic, hint: HELD_HINT }, 'a topic is not available; its messages wait'),
    onReleased: (topic) => logger.info({ topic }, 'a topic is available again; its messages are sent'),
  });
  const runtime: Runtime = {
    ...{ options, logger, health, tracing, pool, listener, clock, kafka, producer, relay },
    outbox: new Outbox(),
    metrics: createMetrics(app),
    close: () =>
      inTurn([
        () => relay.stop(),
        () => Promise.resolve(clock.stop()),
        () => producer.stop(),
        () => listener.stop(),
        () => pool.end(),
        () => tracing.stop(),
      ]),
  };
  const results = await Promise.allSettled([prepareDatabase(runtime, clock), prepareBroker(runtime)]);
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as Error] : [],
  );
  if (failures.length > 0) {
    await runtime.close().catch(() => undefined);
    throw new AggregateError(failures, failures.map((failure) => failure.message).join('\n'));
  }
  return runtime;
}

async function prepareDatabase({ pool, listener, options }: Runtime, clock: DatabaseClock): Promise<void> {
  const { schema, migrations, publishes, config } = options;
  await named(config.DATABASE_URL.variable ?? 'DATABASE_URL', async () => {
    await migrate(pool, { schema, sets: [messagingTables, ...migrations], publishes });
    await Promise.all([listener.start(), clock.start()]);
  });
}

async function prepareBroker({ kafka, producer, options }: Runtime): Promise<void> {
  const { config, ownTopics = [] } = options;
  const { KAFKA_PARTITIONS: partitions, KAFKA_REPLICATION_FACTOR: replicationFactor } = config;
  await named('KAFKA_BROKERS', async () => {
    await ensureTopics(kafka, [...new Set([...allTopics, ...ownTopics])], { partitions, replicationFactor });
    await producer.start();
  });
}

/** Names the variable in the error of whatever it points to. */
async function named(variable: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    // The connection is there.
    if (cause instanceof MigrationError || cause instanceof MigrationBlockedError) throw cause;
    const parts = cause instanceof AggregateError ? (cause.errors as unknown[]) : [cause];
    const why = parts.map((part) => (part instanceof Error ? part.message : String(part))).join('; ');
    throw new Error(`Cannot connect to ${variable}: ${why}`, { cause });
  }
}
