import { setTimeout as delay } from 'node:timers/promises';
import { type Admin, Kafka, logLevel, type logCreator, type KafkaConfig } from 'kafkajs';
import './kafkajs-consumer-group.js';
import './kafkajs-record-sets.js';
import './kafkajs-request-queue.js';

export interface LogSink {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly logger: LogSink;
  /** How often one call is tried again, 100 ms to half a second apart. */
  readonly retries?: number;
  readonly connectTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
}

const nothing = (): void => undefined;
/** For whoever learns all it wants from rejected calls. */
export const SILENT: LogSink = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** About 16 s in all: longer than brokers take to miss one of theirs (9 s by default) and elect other leaders. */
const RETRIES = 33;
/** What moved to another broker is found again this soon after it did. */
const LONGEST_RETRY_MS = 500;

/**
 * The errors, by kafkajs' texts for them (its log gives no type), that it logs at every start and then deals with
 * itself. When one of them lasts, its retries end and it comes back as a rejected call or as the consumer's crash.
 */
const NORMAL_AT_A_START: ReadonlySet<unknown> = new Set([
  // Another app created the topic first. Any other reason rejects `createTopics`, with an error per topic.
  'Topic creation errors',
  // GROUP_COORDINATOR_NOT_AVAILABLE: the first consumer on a new broker; Kafka is still making the offsets' topic.
  'The group coordinator is not available',
  // LEADER_NOT_AVAILABLE: the topic is new.
  'There is no leader for this topic-partition as we are in the middle of a leadership election',
  // REBALANCE_IN_PROGRESS: an app came or went, and the group shares its partitions out again.
  'The group is rebalancing, so a rejoin is needed',
]);

/** kafkajs speaks of every rebalance and retry as an error; what matters comes back as a rejected call. */
const quieter =
  (logger: LogSink): logCreator =>
  () =>
  ({ level, log }) => {
    const { message, ...fields } = log;
    if (level <= logLevel.WARN && !NORMAL_AT_A_START.has(fields['error'])) logger.warn(fields, message);
    else logger.debug(fields, message);
  };

/** The client behind our own port: unmaintained upstream, so nothing outside this lib imports it. */
export function createKafka(options: KafkaOptions): Kafka {
  const { brokers, clientId, logger, retries = RETRIES, connectTimeoutMs, requestTimeoutMs } = options;
  const config: KafkaConfig = {
    brokers: [...brokers],
    clientId,
    connectionTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    logLevel: logLevel.WARN,
    logCreator: quieter(logger),
    retry: { initialRetryTime: 100, maxRetryTime: LONGEST_RETRY_MS, retries },
  };
  return new Kafka(config);
}

export interface TopicShape {
  readonly partitions: number;
  readonly replicationFactor: number;
}

/** As Kafka takes it. */
export const isTopicName = (name: string): boolean =>
  /^[A-Za-z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..';

const LED_WITHIN_MS = 30_000;

/**
 * Until each partition has a leader. kafkajs' own `waitForLeaders` gives up when the broker that it asks has not heard
 * of the topic yet.
 */
async function untilLed(admin: Admin, topics: string[]): Promise<void> {
  const deadline = performance.now() + LED_WITHIN_MS;
  for (let waitMs = 5; ; waitMs = Math.min(waitMs * 2, 200)) {
    const known = await admin.fetchTopicMetadata({ topics }).catch((error: unknown) => {
      if (performance.now() > deadline) throw error;
      return undefined;
    });
    const led = known?.topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0));
    if (led === true || performance.now() > deadline) return;
    await delay(waitMs);
  }
}

/** kafkajs' own error says only that there were some. */
function creationErrors(error: unknown): readonly string[] {
  const errors: readonly unknown[] =
    error instanceof Error && 'errors' in error && Array.isArray(error.errors) ? error.errors : [error];
  return errors.map((one) => {
    const topic = one instanceof Error && 'topic' in one ? `${String(one.topic)}: ` : '';
    return `${topic}${one instanceof Error ? one.message : String(one)}`;
  });
}

/** Creates the topics that do not exist; those that do are left as they are. */
export async function ensureTopics(kafka: Kafka, names: readonly string[], shape: TopicShape): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const present = new Set(await admin.listTopics());
    const topics = names
      .filter((topic) => !present.has(topic))
      .map((topic) => ({
        topic,
        numPartitions: shape.partitions,
        replicationFactor: shape.replicationFactor,
      }));
    if (topics.length === 0) return;
    await admin.createTopics({ topics, waitForLeaders: false }).catch((cause: unknown) => {
      throw new Error(`Cannot create topics: ${creationErrors(cause).join('; ')}`, { cause });
    });
    await untilLed(
      admin,
      topics.map(({ topic }) => topic),
    );
  } finally {
    await admin.disconnect();
  }
}
