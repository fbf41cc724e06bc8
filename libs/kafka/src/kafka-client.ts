import { Kafka, logLevel, type logCreator, type KafkaConfig } from 'kafkajs';
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
  /** How often one call is tried again, 100 ms to 5 s apart. */
  readonly retries?: number;
}

const nothing = (): void => undefined;
/** For whoever learns all it wants from rejected calls. */
export const SILENT: LogSink = { debug: nothing, info: nothing, warn: nothing, error: nothing };

const RETRIES = 8;

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
export function createKafka({ brokers, clientId, logger, retries = RETRIES }: KafkaOptions): Kafka {
  const config: KafkaConfig = {
    brokers: [...brokers],
    clientId,
    logLevel: logLevel.WARN,
    logCreator: quieter(logger),
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries },
  };
  return new Kafka(config);
}

export interface TopicShape {
  readonly partitions: number;
  readonly replicationFactor: number;
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
    if (topics.length > 0) await admin.createTopics({ topics, waitForLeaders: true });
  } finally {
    await admin.disconnect();
  }
}
