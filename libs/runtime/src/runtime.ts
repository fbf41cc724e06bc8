import { aclsOf, allTopics, deadLetterTopic, topicSettings, topicsOf } from '#libs/contracts';
import {
  type AclOperation,
  connectionOf,
  createKafka,
  ensureTopics,
  type KafkaConnection,
  KafkaSetupError,
  Producer,
  SILENT,
  TopicCreationError,
  TopicsWrongError,
  untilAnswered,
  verifyTopics,
} from '#libs/kafka';
import { Outbox, OutboxRelay } from '#libs/postgres';
import { type BareOptions, openBareRuntime } from './bare-runtime.js';
import { type DatabaseRuntime, withDatabase } from './database-runtime.js';
import { inTurn } from './in-turn.js';
import { type DatabaseOptions, openDatabase } from './open-database.js';
import type { RuntimeConfig } from './runtime-config.js';
import { said } from './said.js';
import { publishTraced } from './traced-messages.js';

/** The app's name is also in its logs, metrics, consumer groups and message sources. */
export interface RuntimeOptions extends BareOptions, DatabaseOptions {
  /** Topics that it writes to besides those of the catalogue; made as those are where they are missing. */
  readonly ownTopics?: readonly string[];
  readonly config: RuntimeConfig;
}

/** What every app that handles messages stands on. */
export interface Runtime extends DatabaseRuntime {
  readonly options: RuntimeOptions;
  readonly outbox: Outbox;
  readonly relay: OutboxRelay;
  readonly kafka: ReturnType<typeof createKafka>;
  readonly producer: Producer;
}

/** As long as brokers take to miss one of theirs, and to elect other leaders. */
const BROKERS_MS = 16_000;
const HELD_HINT =
  'Create the topic, or allow this app to describe and write it. What waits for it is sent within seconds then.';

/** Brings the app's schema up to date, makes the topics that are missing, and opens what the app needs. */
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { app, replica, schema, config } = options;
  const bare = await openBareRuntime(options);
  const { logger, tracing } = bare;
  const connection = connectionOf(config);
  const kafka = createKafka({ ...connection, clientId: replica, logger });
  const producer = new Producer(kafka, { source: `slipway/${app}` });
  const broker = prepareBroker({ producer, options }, connection);
  const [database] = await allOf([openDatabase(options, logger), broker], async (opened) => {
    await inTurn([async () => opened[0]?.close(), () => producer.stop(), () => bare.close()]);
  });
  const { sessions, listener } = database;
  const relay = new OutboxRelay({
    sessions,
    listener,
    schema,
    publish: (rows) => publishTraced({ tracing, producer, logger }, rows),
    onError: (err) => logger.warn({ err }, 'the outbox waits'),
    onHeld: (topic) =>
      logger.error({ topic, hint: HELD_HINT }, 'a topic is not available; its messages wait'),
    onReleased: (topic) => logger.info({ topic }, 'a topic is available again; its messages are sent'),
  });
  return {
    ...{ ...withDatabase(bare, database), options, kafka, producer, relay },
    outbox: new Outbox(),
    close: () =>
      inTurn([() => relay.stop(), () => producer.stop(), () => database.close(), () => bare.close()]),
  };
}

/** All that was opened; where one part fails, `closeRest` gets the others, and all that failed is thrown. */
async function allOf<A, B>(
  parts: readonly [Promise<A>, Promise<B>],
  closeRest: (opened: readonly [A | undefined, B | undefined]) => Promise<void>,
): Promise<readonly [A, B]> {
  const [first, second] = await Promise.allSettled(parts);
  if (first.status === 'fulfilled' && second.status === 'fulfilled') return [first.value, second.value];
  const failures = [first, second].flatMap((result) =>
    result.status === 'rejected' ? [result.reason as Error] : [],
  );
  await closeRest([valueOf(first), valueOf(second)]).catch(() => undefined);
  throw new AggregateError(failures, failures.map((failure) => failure.message).join('\n'));
}

const valueOf = <T>(result: PromiseSettledResult<T>): T | undefined =>
  result.status === 'fulfilled' ? result.value : undefined;

async function prepareBroker(
  { producer, options }: Pick<Runtime, 'producer' | 'options'>,
  connection: KafkaConnection,
): Promise<void> {
  const { app, config, ownTopics = [] } = options;
  const { KAFKA_PARTITIONS: partitions, KAFKA_REPLICATION_FACTOR: replicationFactor } = config;
  const shape = { partitions, replicationFactor };
  await named('KAFKA_BROKERS', async () => {
    await untilAnswered(connection, BROKERS_MS);
    // Its errors tell all that kafkajs would log of them.
    const kafka = createKafka({ ...connection, clientId: app, logger: SILENT });
    if (config.KAFKA_TOPICS === 'create') {
      await ensureTopics(kafka, [...new Set([...allTopics, ...ownTopics])], shape, topicSettings);
    } else {
      const { brokers, tls, sasl } = connection;
      const isSecured = tls !== undefined || sasl !== undefined;
      const used = { app, brokers, isSecured, operationsOn: operationsOn(app), isDeadLetters };
      await verifyTopics(kafka, [...topicsOf(app), ...ownTopics], {
        ...{ ...shape, ...used },
        settings: topicSettings,
      });
    }
    await producer.start();
  });
}

const isDeadLetters = (topic: string): boolean => topic.endsWith(deadLetterTopic(''));

/** Topics that only an app's configuration names are those that it also writes to. */
const operationsOn =
  (app: string) =>
  (topic: string): readonly AclOperation[] => {
    const needed = aclsOf(app).filter(({ resource, name }) => resource === 'topic' && name === topic);
    return needed.length === 0 ? ['Write'] : needed.map(({ operation }) => operation);
  };

/** Their messages say what to do themselves. */
const SAYS_ALL = [KafkaSetupError, TopicCreationError, TopicsWrongError] as const;

/** Names the variable in the error of whatever it points to. */
async function named(variable: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (SAYS_ALL.some((type) => cause instanceof type)) throw cause;
    throw new Error(`Cannot connect to ${variable}: ${said(cause)}`, { cause });
  }
}
