import { Kafka, logLevel, type logCreator, type KafkaConfig } from 'kafkajs';

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
}

/** kafkajs speaks of every rebalance and retry as an error; what matters comes back as a rejected call. */
const quieter =
  (logger: LogSink): logCreator =>
  () =>
  ({ level, log }) => {
    const { message, ...fields } = log;
    if (level <= logLevel.WARN) logger.warn(fields, message);
    else logger.debug(fields, message);
  };

/** The client behind our own port: unmaintained upstream, so nothing outside this lib imports it. */
export function createKafka({ brokers, clientId, logger }: KafkaOptions): Kafka {
  const config: KafkaConfig = {
    brokers: [...brokers],
    clientId,
    logLevel: logLevel.WARN,
    logCreator: quieter(logger),
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 8 },
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
