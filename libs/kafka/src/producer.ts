import { type Kafka, Partitioners, type Producer as KafkaProducer } from 'kafkajs';
import { bytesOf, encode, type OutgoingMessage } from './cloud-event.js';
import { inParts } from './in-parts.js';
import { isTooLarge, MessagesTooLargeError, type RefusedMessage } from './too-large.js';

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

/** A send is one batch, and brokers take about 1 MiB by default, with what the batch itself needs. */
const LARGEST_SEND_BYTES = 900_000;
/** Lengths, offset and time of a record, and the lengths of its headers: about as much at most. */
const RECORD_BYTES = 100;

/** The partition that every Kafka client gives a key: murmur2, positive, modulo. */
const partitionOf = Partitioners.DefaultPartitioner();

/**
 * Publishes messages; resolves when the broker's in-sync replicas have them all.
 * kafkajs loses acknowledged messages when one `send()` spans partitions while leaders move, so each `send()` here is
 * for one partition, and of what a broker takes at once. Order per key is the order given.
 */
export class Producer {
  private readonly producer: KafkaProducer;
  private readonly admin;
  private readonly partitions = new Map<string, Promise<number>>();
  private connected: Promise<void> | undefined;

  constructor(
    kafka: Kafka,
    private readonly options: { readonly source: string } = { source: 'slipway' },
  ) {
    this.producer = kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    });
    this.admin = kafka.admin();
  }

  /** Throws MessagesTooLargeError once all the others are published; after any other error some may be. */
  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    await this.start();
    const now = new Date();
    const sends = new Map<string, Outgoing[]>();
    for (const message of messages) {
      const record = this.record(message, await this.partitionsOf(message.topic), now);
      const slot = `${message.topic}/${record.partition}`;
      const send = sends.get(slot) ?? [];
      send.push({ message, record, bytes: RECORD_BYTES + bytesOf(record) });
      sends.set(slot, send);
    }
    const results = await Promise.allSettled([...sends.values()].map((all) => this.sendAll(all)));
    const refused = results.flatMap((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
    if (refused.length > 0) throw new MessagesTooLargeError(refused);
  }

  /** A raw record, as it came; for dead letters. Without a partition it goes by its key. */
  async forward(topic: string, record: RawRecord): Promise<void> {
    await this.start();
    const { partition } = record;
    const there = partition === undefined ? undefined : partition % (await this.partitionsOf(topic));
    await this.producer.send({ topic, acks: -1, messages: [{ ...record, partition: there }] });
  }

  async start(): Promise<void> {
    this.connected ??= Promise.all([this.producer.connect(), this.admin.connect()]).then(() => undefined);
    await this.connected;
  }

  async stop(): Promise<void> {
    await Promise.all([this.producer.disconnect(), this.admin.disconnect()]);
    this.connected = undefined;
  }

  /** Those of one partition, part by part. @returns what the broker refuses as too large */
  private async sendAll(all: readonly Outgoing[]): Promise<readonly RefusedMessage[]> {
    const refused: RefusedMessage[] = [];
    for (const part of inParts(all, LARGEST_SEND_BYTES)) refused.push(...(await this.sendPart(part)));
    return refused;
  }

  /** A broker may take less at once: then it gets halves, down to single messages. */
  private async sendPart(part: readonly Outgoing[]): Promise<readonly RefusedMessage[]> {
    const [first] = part;
    if (first === undefined) return [];
    try {
      const messages = part.map(({ record }) => record);
      await this.producer.send({ topic: first.message.topic, messages, acks: -1 });
      return [];
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      if (part.length === 1) return part;
      const middle = Math.ceil(part.length / 2);
      const before = await this.sendPart(part.slice(0, middle));
      return [...before, ...(await this.sendPart(part.slice(middle)))];
    }
  }

  private record(message: OutgoingMessage, partitions: number, now: Date): PartitionedRecord {
    const encoded = encode(message, this.options.source, now);
    const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
      partitionId,
      leader: 0,
      partitionErrorCode: 0,
      replicas: [],
      isr: [],
    }));
    return {
      ...encoded,
      partition: partitionOf({ topic: message.topic, partitionMetadata, message: encoded }),
    };
  }

  private partitionsOf(topic: string): Promise<number> {
    const known = this.partitions.get(topic);
    if (known !== undefined) return known;
    const asked = this.admin
      .fetchTopicMetadata({ topics: [topic] })
      .then(({ topics }) => topics[0]?.partitions.length ?? 1);
    asked.catch(() => this.partitions.delete(topic));
    this.partitions.set(topic, asked);
    return asked;
  }
}
