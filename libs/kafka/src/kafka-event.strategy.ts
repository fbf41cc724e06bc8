import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { from, isObservable, lastValueFrom } from 'rxjs';
import type { MessageDefinition } from '#libs/contracts';
import { Tombstone } from './cloud-event.js';
import { tombstonePattern } from './handles.js';
import type { LogSink, PlatformKafka } from './kafka-client.js';
import type { AroundHandling, InboxPort, InvalidMessage, MessageHandler, Prove } from './message-context.js';
import type { Producer } from './producer.js';
import { TopicConsumer } from './topic-consumer.js';

export interface ConsumerHealth {
  failReadiness(reason: string): void;
  /** A check is well when it does not throw. */
  register(name: string, check: () => void): void;
}

export interface KafkaEventStrategyOptions {
  readonly kafka: PlatformKafka;
  /** A topic's group is `<groupPrefix>.<topic>`, behind the prefix of all names. */
  readonly groupPrefix: string;
  readonly catalogue: readonly MessageDefinition[];
  readonly inbox: InboxPort;
  readonly deadLetters: Producer;
  readonly logger: LogSink;
  /** See the topic's consumer. */
  readonly onInvalid?: (invalid: InvalidMessage) => Promise<void>;
  readonly aroundHandling?: AroundHandling;
  /** Asked of every message that is one. */
  readonly prove?: Prove;
  /** Readiness fails for good when a consumer ends for good, and for as long as one is out of its group. */
  readonly health: ConsumerHealth;
  /** Then the process should end, so that its supervisor starts another. */
  readonly onFatal?: (error: Error) => void;
  /** Messages of one partition in a transaction at most; a default where it says nothing of the topic. */
  readonly chunkSize?: (topic: string) => number | undefined;
  readonly backoffMs?: number;
  readonly silentMs?: number;
}

const CHUNK = 50;
const BACKOFF_MS = 200;

/**
 * The `@Handles` methods of consumers on Kafka, with delivery of our own: at least once, in order per key, each message
 * handled in one transaction with the record that it was. Handlers take milliseconds; longer work is stored as a job.
 */
export class KafkaEventStrategy extends Server implements CustomTransportStrategy {
  private consumers: TopicConsumer[] = [];

  constructor(private readonly settings: KafkaEventStrategyOptions) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    this.start().then(() => callback(), callback);
  }

  async close(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.stop()));
    this.consumers = [];
  }

  override on(): never {
    throw new Error('this transport has no client events');
  }

  override unwrap<T>(): T {
    return this.settings.kafka as T;
  }

  private async start(): Promise<void> {
    const handled = this.settings.catalogue.filter((definition) => this.messageHandlers.has(definition.type));
    const known = new Set(handled.flatMap(({ type }) => [type, tombstonePattern(type)]));
    const unknown = [...this.messageHandlers.keys()].filter((pattern) => !known.has(pattern));
    if (unknown.length > 0) throw new Error(`no message of the catalogue is called ${unknown.join(', ')}`);
    const topics = new Set(handled.map((definition) => definition.topic));
    this.consumers = [...topics].map((topic) =>
      this.consumer(
        topic,
        handled.filter((d) => d.topic === topic),
      ),
    );
    this.settings.health.register('kafka', () =>
      this.consumers.forEach((consumer) => consumer.assertMember()),
    );
    await Promise.all(this.consumers.map((consumer) => consumer.start()));
  }

  private consumer(topic: string, definitions: readonly MessageDefinition[]): TopicConsumer {
    const { groupPrefix, chunkSize, backoffMs = BACKOFF_MS, onFatal, health, ...rest } = this.settings;
    return new TopicConsumer({
      ...rest,
      topic,
      definitions,
      tombstones: definitions.some(({ type }) => this.messageHandlers.has(tombstonePattern(type))),
      groupId: `${groupPrefix}.${topic}`,
      chunkSize: chunkSize?.(topic) ?? CHUNK,
      backoffMs,
      handle: this.dispatch,
      onFatal: (error) => {
        health.failReadiness(`the consumer of ${topic} ended: ${error.message}`);
        onFatal?.(error);
      },
    });
  }

  private readonly dispatch: MessageHandler = (message, context) => {
    const handle = (): Promise<void> => this.handle(message, context);
    return this.settings.aroundHandling?.(message, context, handle) ?? handle();
  };

  private readonly handle: MessageHandler = async (message, context) => {
    const { type, data } = message;
    const pattern = data instanceof Tombstone ? tombstonePattern(type) : type;
    const handler = this.messageHandlers.get(pattern);
    if (handler === undefined) throw new TypeError(`no handler for ${pattern}`);
    const result: unknown = await handler(data, context);
    if (isObservable(result)) await lastValueFrom(from(result), { defaultValue: undefined });
  };
}
