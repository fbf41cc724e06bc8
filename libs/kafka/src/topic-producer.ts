import { setTimeout as delay } from 'node:timers/promises';
import { type Admin, type Message, Partitioners, type Producer as KafkaProducer } from 'kafkajs';
import { bytesOf, encode, type OutgoingMessage } from './cloud-event.js';
import { inParts } from './in-parts.js';
import type { PlatformKafka } from './kafka-client.js';
import {
  brokerErrorOf,
  isTooLarge,
  isUnavailable,
  type RefusedMessage,
  TopicUnavailableError,
} from './not-published.js';

type PartitionedRecord = ReturnType<typeof encode> & { readonly partition: number };

interface Outgoing extends RefusedMessage {
  readonly record: PartitionedRecord;
}

export interface RawRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, string>;
  /** Of as many as there are; more are counted from the first again. */
  readonly partition?: number;
}

interface TopicProducerOptions {
  readonly kafka: PlatformKafka;
  /** Connected. */
  readonly admin: Admin;
  /** Without the prefix. */
  readonly topic: string;
  readonly source: string;
}

/** A send is one batch, and brokers take about 1 MiB by default, with what the batch itself needs. */
const LARGEST_SEND_BYTES = 900_000;
/** Lengths, offset and time of a record, and the lengths of its headers: about as much at most. */
const RECORD_BYTES = 100;
/** Longer than brokers take to miss one of theirs (9 s by default) and elect other leaders. */
const TRIED_FOR_MS = 16_000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 500;

/** The partition that every Kafka client gives a key: murmur2, positive, modulo. */
const partitionOf = Partitioners.DefaultPartitioner();

/**
 * Publishes to one topic, by a client of its own: kafkajs asks for all topics at once that a client ever sent to, and
 * learns of none when one of them is gone. After a TopicUnavailableError, which comes without the long wait of other
 * errors, another is needed.
 */
export class TopicProducer {
  private readonly producer: KafkaProducer;
  /** As the brokers have it. */
  private readonly name: string;
  private opened: Promise<number> | undefined;

  constructor(private readonly options: TopicProducerOptions) {
    this.name = options.kafka.nameOf(options.topic);
    this.producer = options.kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      // `send` tries again itself: kafkajs would do so for a topic that is gone as well, and hold up other topics.
      retry: { retries: 0 },
    });
  }

  /** Resolves when the in-sync replicas have them. @returns what the broker refuses as too large */
  async publish(messages: readonly OutgoingMessage[], now: Date): Promise<readonly RefusedMessage[]> {
    const partitions = await this.open();
    const outgoing = this.outgoing(messages, partitions, now);
    const sends = Map.groupBy(outgoing, ({ record }) => record.partition).values();
    const results = await Promise.allSettled([...sends].map((all) => this.sendAll(all)));
    return results.flatMap((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
  }

  async forward(record: RawRecord): Promise<void> {
    const partitions = await this.open();
    const partition = record.partition === undefined ? undefined : record.partition % partitions;
    await this.send([{ ...record, partition }]);
  }

  async stop(): Promise<void> {
    await this.producer.disconnect();
  }

  /** @returns how many partitions there are */
  private open(): Promise<number> {
    if (this.opened !== undefined) return this.opened;
    const opened = Promise.all([this.countPartitions(), this.producer.connect()]).then(([count]) => count);
    opened.catch(() => (this.opened = undefined));
    return (this.opened = opened);
  }

  private async countPartitions(): Promise<number> {
    try {
      const { topics } = await this.options.admin.fetchTopicMetadata({ topics: [this.name] });
      return topics[0]?.partitions.length ?? 1;
    } catch (error) {
      // kafkajs' error for a topic that it knew, and which is gone since.
      const type = error instanceof TypeError ? 'UNKNOWN_TOPIC_OR_PARTITION' : brokerErrorOf(error);
      await this.assertAvailable(type, error);
      throw error;
    }
  }

  private outgoing(messages: readonly OutgoingMessage[], partitions: number, now: Date): Outgoing[] {
    const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
      ...{ partitionId, leader: 0, partitionErrorCode: 0 },
      ...{ replicas: [], isr: [] },
    }));
    return messages.map((message) => {
      const encoded = encode(message, this.options.source, now);
      const partition = partitionOf({ topic: this.name, partitionMetadata, message: encoded });
      return { message, record: { ...encoded, partition }, bytes: RECORD_BYTES + bytesOf(encoded) };
    });
  }

  /** Those of one partition, part by part. @returns what the broker refuses as too large */
  private async sendAll(all: readonly Outgoing[]): Promise<readonly RefusedMessage[]> {
    const refused: RefusedMessage[] = [];
    for (const part of inParts(all, LARGEST_SEND_BYTES)) refused.push(...(await this.sendPart(part)));
    return refused;
  }

  /** A broker may take less at once: then it gets halves, down to single messages. */
  private async sendPart(part: readonly Outgoing[]): Promise<readonly RefusedMessage[]> {
    try {
      await this.send(part.map(({ record }) => record));
      return [];
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      if (part.length === 1) return part;
      const middle = Math.ceil(part.length / 2);
      const before = await this.sendPart(part.slice(0, middle));
      return [...before, ...(await this.sendPart(part.slice(middle)))];
    }
  }

  /** Of one partition: kafkajs loses acknowledged messages when a `send()` spans several while leaders move. */
  private async send(messages: Message[]): Promise<void> {
    const topic = this.name;
    const deadline = performance.now() + TRIED_FOR_MS;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      try {
        const sent = await this.producer.send({ topic, messages, acks: -1 });
        if (sent.length > 0) return;
        // kafkajs sends nothing, and says nothing, where the topic was made anew with fewer partitions.
        throw this.unavailable('UNKNOWN_TOPIC_OR_PARTITION');
      } catch (error) {
        if (error instanceof TopicUnavailableError) throw error;
        await this.assertAvailable(brokerErrorOf(error), error);
        const mayPass = error instanceof Error && error.name === 'KafkaJSNumberOfRetriesExceeded';
        if (!mayPass || performance.now() > deadline) throw error;
      }
      await delay(waitMs);
    }
  }

  /** A broker may not have heard yet of a topic that is new; then the others list it. */
  private async assertAvailable(type: string | undefined, cause: unknown): Promise<void> {
    if (!isUnavailable(type)) return;
    if (type === 'UNKNOWN_TOPIC_OR_PARTITION') {
      const listed = await this.options.admin.listTopics().catch(() => undefined);
      if (listed === undefined || listed.includes(this.name)) return;
    }
    throw this.unavailable(type, { cause });
  }

  private unavailable(type: string, options?: ErrorOptions): TopicUnavailableError {
    const { topic, kafka } = this.options;
    return new TopicUnavailableError({ topic, name: this.name, principal: kafka.principal() }, type, options);
  }
}
