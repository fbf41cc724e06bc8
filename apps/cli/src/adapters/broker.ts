import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  administered,
  connectionOf,
  createKafka,
  type KafkaConnection,
  KafkaSetupError,
  MissingAclError,
  NotPublishedError,
  Producer,
  SILENT,
  tail,
  type TailOptions,
  untilAnswered,
} from '#libs/kafka';
import type { MessageData, MessageDefinition } from '#libs/contracts';
import { parseSigningKey, SIGNATURE_HEADER, signRequest } from '#libs/secrets';
import { failure, orFail, READ_SETTINGS, usageError } from '../errors.js';
import { kafkaSettings } from '../settings.js';

export interface TailedMessage {
  readonly topic: string;
  readonly key: string;
  readonly partition: number;
  readonly offset: string;
  readonly data: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Following {
  stop(): Promise<void>;
}

/** The command's side of Kafka: publish a request, read along on topics. */
export interface Broker {
  publish<D extends MessageDefinition>(definition: D, data: MessageData<D>): Promise<void>;
  /** Resolves once every message published from now on will be seen; `beginning` brings what is kept before. */
  follow(
    topics: readonly string[],
    onMessage: (message: TailedMessage) => void,
    from?: TailOptions['from'],
  ): Promise<Following>;
  /** Everything the topic holds at this moment, then returns. */
  readKept(topic: string, reading: (partitions: readonly number[]) => KeptReader): Promise<void>;
}

/** Made with the partitions that hold anything. */
export interface KeptReader {
  /** Those of one partition come in order. */
  onMessage(message: TailedMessage): void;
  /** Nothing more comes of this partition. */
  onEnd(partition: number): void;
}

/** Somebody waits at a terminal. */
const ANSWERED_WITHIN_MS = 3_000;
const REFUSED_HINT = 'Set the variable that is named first; see docs/how-to/use-a-secured-kafka.md.';
const ACL_HINT = 'Ask for this ACL; docs/reference/kafka-acls.md lists those that the command needs.';
const details = {
  hint: 'Check that the platform is up, that the brokers in KAFKA_BROKERS answer, and that the topics exist.',
  next: READ_SETTINGS,
};

export function openBroker(): Broker {
  const settings = kafkaSettings();
  const connection = connectionOf(settings);
  // Standard output belongs to the command; what the client has to say comes back as an error.
  const logger = SILENT;
  const kafka = createKafka({ ...connection, clientId: `slipway-cli-${randomUUID()}`, logger });
  let answered: Promise<void> | undefined;
  const work = async <T>(run: () => Promise<T>): Promise<T> => {
    await (answered ??= answering(connection));
    return orFail('KAFKA_UNREACHABLE', details, () => run().catch(orMissingAcl));
  };
  return {
    publish: (definition, data) => work(() => publish({ kafka, settings }, definition, data)),
    follow: (topics, onMessage, from = 'end') => work(() => tail(kafka, { topics, from, onMessage })),
    readKept: (topic, reading) => work(() => readKept(kafka, topic, reading)),
  };
}

/** Of what is read, or of what is written. */
const lacksAcl = (error: unknown): error is Error =>
  error instanceof MissingAclError ||
  (error instanceof NotPublishedError && error.unavailable.some((topic) => topic.lacksAcl));

function orMissingAcl(error: unknown): never {
  if (!lacksAcl(error)) throw error;
  throw failure('KAFKA_ACL_MISSING', error.message, { hint: ACL_HINT, cause: error });
}

async function answering(connection: KafkaConnection): Promise<void> {
  try {
    await untilAnswered(connection, ANSWERED_WITHIN_MS);
  } catch (cause) {
    if (cause instanceof KafkaSetupError)
      throw usageError(cause.code, cause.message, { hint: REFUSED_HINT, next: READ_SETTINGS, cause });
    const { brokers } = connection;
    const which =
      brokers.length === 1 ? `The broker ${brokers[0]} does` : `None of ${brokers.join(', ')} does`;
    const hint =
      'Check that the platform is up, that this machine can reach Kafka there, and that KAFKA_BROKERS is right.';
    const reasons = cause instanceof AggregateError ? cause.errors.map(String).join('\n') : undefined;
    throw failure('KAFKA_UNREACHABLE', `${which} not answer`, {
      ...{ hint, next: READ_SETTINGS, logTail: reasons, cause },
    });
  }
}

type Kafka = ReturnType<typeof createKafka>;

interface Sender {
  readonly kafka: Kafka;
  readonly settings: ReturnType<typeof kafkaSettings>;
}

/** Over the body as the producer writes it. */
async function signatureOf(
  { SLIPWAY_REQUEST_KEY_FILE: file, SLIPWAY_REQUEST_KEY_ID: id }: Sender['settings'],
  type: string,
  data: unknown,
): Promise<Readonly<Record<string, string>>> {
  if (file === undefined) return {};
  const body = Buffer.from(JSON.stringify(data));
  const privateKey = parseSigningKey(readFileSync(file, 'utf8'));
  return { [SIGNATURE_HEADER]: await signRequest({ type, body }, { id, privateKey }) };
}

async function publish<D extends MessageDefinition>(
  { kafka, settings }: Sender,
  definition: D,
  data: MessageData<D>,
): Promise<void> {
  const producer = new Producer(kafka);
  const { topic, type } = definition;
  try {
    await producer.publish([
      {
        topic,
        type,
        key: definition.key(data),
        // Not the token: a message seen before is dropped, and the same token asked again is to be answered again.
        id: randomUUID(),
        source: 'slipway/cli',
        data,
        headers: await signatureOf(settings, type, data),
      },
    ]);
  } finally {
    await producer.stop();
  }
}

/** Last offset of each partition that holds anything; reaching all of them is the end. */
async function lastOffsets(kafka: Kafka, topic: string): Promise<Map<number, bigint>> {
  const partitions = await administered(kafka, (admin) => admin.fetchTopicOffsets(kafka.nameOf(topic)));
  const kept = partitions.filter(({ high, low }) => BigInt(high) > BigInt(low));
  return new Map(kept.map(({ partition, high }) => [partition, BigInt(high) - 1n]));
}

async function readKept(
  kafka: Kafka,
  topic: string,
  reading: (partitions: readonly number[]) => KeptReader,
): Promise<void> {
  const open = await lastOffsets(kafka, topic);
  if (open.size === 0) return;
  const reader = reading([...open.keys()]);
  const end = Promise.withResolvers<void>();
  const following = await tail(kafka, {
    topics: [topic],
    from: 'beginning',
    onMessage(message) {
      const last = open.get(message.partition);
      if (last !== undefined && BigInt(message.offset) <= last) reader.onMessage(message);
    },
    onReadUpTo({ partition, offset }) {
      const last = open.get(partition);
      if (last === undefined || BigInt(offset) < last) return;
      open.delete(partition);
      reader.onEnd(partition);
      if (open.size === 0) end.resolve();
    },
  });
  await end.promise;
  await following.stop();
}
