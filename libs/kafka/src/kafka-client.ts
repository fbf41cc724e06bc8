import { Kafka, logLevel, type logCreator, type KafkaConfig } from 'kafkajs';
import type { KafkaConnection } from './connection.js';
import './kafkajs-consumer-group.js';
import './kafkajs-coordinator.js';
import './kafkajs-record-sets.js';
import './kafkajs-request-queue.js';

export interface LogSink {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface KafkaOptions extends KafkaConnection {
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

/** kafkajs, with what an installation calls its topics and groups on brokers that it shares with others. */
export class PlatformKafka extends Kafka {
  private readonly prefix: string;
  /** What the brokers' ACLs call this client. */
  readonly principal: () => string;

  constructor(
    config: KafkaConfig,
    { prefix = '', principal = anonymous }: Omit<KafkaConnection, 'brokers'> = {},
  ) {
    super(config);
    this.prefix = prefix;
    this.principal = principal;
  }

  /** The name of a topic or a group on the brokers. */
  nameOf(name: string): string {
    return `${this.prefix}${name}`;
  }
}

const anonymous = (): string => 'User:ANONYMOUS';

/** The client behind our own port: unmaintained upstream, so nothing outside this lib imports it. */
export function createKafka(options: KafkaOptions): PlatformKafka {
  const { brokers, clientId, logger, retries = RETRIES, connectTimeoutMs, requestTimeoutMs } = options;
  const config: KafkaConfig = {
    brokers: [...brokers],
    clientId,
    ssl: options.tls,
    // Each client keeps its own: kafkajs writes into it.
    sasl: options.sasl && { ...options.sasl },
    connectionTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    logLevel: logLevel.WARN,
    logCreator: quieter(logger),
    retry: { initialRetryTime: 100, maxRetryTime: LONGEST_RETRY_MS, retries },
  };
  return new PlatformKafka(config, options);
}
