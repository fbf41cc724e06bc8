import type { Admin } from 'kafkajs';
import type { OutgoingMessage } from './cloud-event.js';
import type { PlatformKafka } from './kafka-client.js';
import { NotPublishedError, TopicUnavailableError } from './not-published.js';
import { type RawRecord, TopicProducer } from './topic-producer.js';

/**
 * Publishes messages; resolves when the broker's in-sync replicas have them all. Order per topic and key is the order
 * given. What is wrong with one topic does not hold up the others.
 */
export class Producer {
  private readonly admin: Admin;
  private readonly topics = new Map<string, TopicProducer>();
  private connected: Promise<void> | undefined;

  constructor(
    private readonly kafka: PlatformKafka,
    private readonly options: { readonly source: string } = { source: 'slipway' },
  ) {
    this.admin = kafka.admin();
  }

  /** Throws NotPublishedError once all the others are published; after any other error some may be. */
  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    await this.start();
    const now = new Date();
    const byTopic = [...Map.groupBy(messages, ({ topic }) => topic)];
    const results = await Promise.allSettled(
      byTopic.map(([topic, some]) => this.onTopic(topic, (producer) => producer.publish(some, now))),
    );
    const unavailable: TopicUnavailableError[] = [];
    const tooLarge = results.flatMap((result) => {
      if (result.status === 'fulfilled') return result.value;
      if (!(result.reason instanceof TopicUnavailableError)) throw result.reason;
      unavailable.push(result.reason);
      return [];
    });
    if (tooLarge.length + unavailable.length > 0) throw new NotPublishedError(tooLarge, unavailable);
  }

  /** A raw record, as it came; for dead letters. Without a partition it goes by its key. */
  async forward(topic: string, record: RawRecord): Promise<void> {
    await this.start();
    await this.onTopic(topic, (producer) => producer.forward(record));
  }

  async start(): Promise<void> {
    this.connected ??= this.admin.connect();
    await this.connected;
  }

  async stop(): Promise<void> {
    const stopping = [...this.topics.values()].map((producer) => producer.stop());
    this.topics.clear();
    await Promise.all([...stopping, this.admin.disconnect()]);
    this.connected = undefined;
  }

  private async onTopic<T>(topic: string, work: (producer: TopicProducer) => Promise<T>): Promise<T> {
    const producer = this.topics.get(topic) ?? this.opened(topic);
    try {
      return await work(producer);
    } catch (error) {
      if (error instanceof TopicUnavailableError) {
        if (this.topics.get(topic) === producer) this.topics.delete(topic);
        await producer.stop();
      }
      throw error;
    }
  }

  private opened(topic: string): TopicProducer {
    const { kafka, admin, options } = this;
    const producer = new TopicProducer({ kafka, admin, topic, source: options.source });
    this.topics.set(topic, producer);
    return producer;
  }
}
