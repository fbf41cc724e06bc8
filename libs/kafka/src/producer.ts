import { type Kafka, Partitioners, type Producer as KafkaProducer } from 'kafkajs';
import { encode, type OutgoingMessage } from './cloud-event.js';

type PartitionedRecord = ReturnType<typeof encode> & { readonly partition: number };

export interface RawRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, string>;
  /** Of as many as there are; more are counted from the first again. */
  readonly partition?: number;
}

/** The partition that every Kafka client gives a key: murmur2, positive, modulo. */
const partitionOf = Partitioners.DefaultPartitioner();

/**
 * Publishes messages; resolves when the broker's in-sync replicas have them all.
 * kafkajs loses acknowledged messages when one `send()` spans partitions while leaders move, so each `send()` here is
 * for one partition. Order per key is the order given.
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

  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    await this.start();
    const now = new Date();
    const sends = new Map<string, { topic: string; messages: PartitionedRecord[] }>();
    for (const message of messages) {
      const record = this.record(message, await this.partitionsOf(message.topic), now);
      const slot = `${message.topic}/${record.partition}`;
      const send = sends.get(slot) ?? { topic: message.topic, messages: [] };
      send.messages.push(record);
      sends.set(slot, send);
    }
    await Promise.all([...sends.values()].map((send) => this.producer.send({ ...send, acks: -1 })));
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
