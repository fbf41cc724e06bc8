import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { classify } from './classify.js';
import type { DecodedMessage } from './cloud-event.js';
import { DeadLetters } from './dead-letters.js';
import type { PlatformKafka } from './kafka-client.js';
import { joining, membership } from './membership.js';
import type { InboxPort, MessageHandler } from './message-context.js';
import { BUG_TRIES, MessageReader, type ReadingOptions, Refusal } from './message-reader.js';
import { whyNotRead } from './missing-acl.js';
import { OffsetCommits } from './offset-commits.js';
import type { Producer } from './producer.js';
import { Tries } from './tries.js';

export interface TopicConsumerOptions extends ReadingOptions {
  readonly kafka: PlatformKafka;
  /** Without the prefix. */
  readonly groupId: string;
  readonly inbox: InboxPort;
  readonly handle: MessageHandler;
  readonly deadLetters: Producer;
  /** The consumer ended for good; the process must be replaced. */
  readonly onFatal: (error: Error) => void;
  /** Messages in one transaction at most. */
  readonly chunkSize: number;
  /** First wait after a retriable error; doubled up to half a minute. */
  readonly backoffMs: number;
  /** How long a consumer may be out of its group before it counts as not working. */
  readonly silentMs?: number;
}

const PARTITIONS_AT_ONCE = 8;
/** A replica that ends waits for its fetch. */
const LONGEST_FETCH_MS = 500;
/** A broker that is away does not keep a replica from ending; what is not committed comes again, and is known. */
const LAST_COMMIT_MS = 1_000;
/** Longer than a group stands still after a killed member, so that a rebalance is no fault yet. */
const SILENT_MS = 10_000;

interface Received {
  readonly raw: KafkaMessage;
  readonly message: DecodedMessage;
}

/**
 * One topic, one group: in order per partition, partitions side by side. An offset is committed after what lies before
 * it was handled or dead-lettered.
 */
export class TopicConsumer {
  private readonly consumer: Consumer;
  private readonly commits: OffsetCommits;
  private readonly tries: Tries;
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly deadLetters: DeadLetters;
  private readonly reader: MessageReader;
  private closing = false;
  /** When the broker last took this consumer for a member of its group. */
  private memberAt = -Infinity;

  constructor(private readonly options: TopicConsumerOptions) {
    this.consumer = options.kafka.consumer({
      groupId: options.kafka.nameOf(options.groupId),
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: LONGEST_FETCH_MS,
      ...membership,
    });
    const { topic, logger } = options;
    const name = options.kafka.nameOf(topic);
    this.tries = new Tries(options.backoffMs);
    this.deadLetters = new DeadLetters({ topic, name, logger, producer: options.deadLetters });
    this.reader = new MessageReader({ ...options, deadLetters: this.deadLetters });
    this.commits = new OffsetCommits({
      commit: (next) =>
        this.consumer.commitOffsets(
          [...next].map(([partition, offset]) => ({ topic: name, partition, offset })),
        ),
      onRefused: (err) => logger.warn({ err, topic }, 'a commit was refused; the messages may come again'),
    });
  }

  /** Resolves when the group has been joined. */
  async start(): Promise<void> {
    await this.join().catch((error: unknown) => {
      throw this.explained(error);
    });
  }

  private async join(): Promise<void> {
    const { consumer } = this;
    const { kafka, topic } = this.options;
    const joined = joining(consumer);
    for (const event of [consumer.events.GROUP_JOIN, consumer.events.HEARTBEAT])
      consumer.on(event, () => (this.memberAt = performance.now()));
    consumer.on(consumer.events.GROUP_JOIN, () => this.commits.forget());
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) this.options.onFatal(this.explained(payload.error));
    });
    await consumer.connect();
    // Otherwise a group without a committed offset begins at the end and skips what is in flight.
    await consumer.subscribe({ topic: kafka.nameOf(topic), fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: (payload) => this.batch(payload),
    });
    await joined;
  }

  private explained(error: unknown): Error {
    const { kafka, groupId, topic } = this.options;
    const explained = whyNotRead(error, { kafka, groupId, topics: [topic] });
    return explained instanceof Error ? explained : new Error(String(explained));
  }

  /** Throws when it has been out of its group for longer than a rebalance takes: crashed, or the broker is away. */
  assertMember(): void {
    const silentMs = performance.now() - this.memberAt;
    if (silentMs <= (this.options.silentMs ?? SILENT_MS)) return;
    const since = Number.isFinite(silentMs) ? `for ${Math.round(silentMs / 1_000)} s` : 'yet';
    throw new Error(`the consumer of ${this.options.topic} has not been in its group ${since}`);
  }

  async stop(): Promise<void> {
    this.closing = true;
    this.timers.forEach((timer) => clearTimeout(timer));
    await Promise.race([this.commits.now(), delay(LAST_COMMIT_MS, undefined, { ref: false })]);
    await this.consumer.disconnect();
    this.commits.forget();
  }

  /** Never throws: a kafkajs consumer stops for good on some errors that leave a handler. */
  private async batch(payload: EachBatchPayload): Promise<void> {
    const { messages } = payload.batch;
    try {
      for (let from = 0; from < messages.length; from += this.options.chunkSize) {
        if (this.closing || !payload.isRunning() || payload.isStale()) return;
        const failedAt = await this.chunk(
          payload.batch.partition,
          messages.slice(from, from + this.options.chunkSize),
        );
        await this.settled(
          payload,
          failedAt ?? messages[Math.min(from + this.options.chunkSize, messages.length) - 1],
          failedAt !== undefined,
        );
        if (failedAt !== undefined) return this.retryLater(payload, failedAt);
        await payload.heartbeat();
      }
    } catch (error) {
      this.options.logger.warn(
        { err: error, topic: this.options.topic },
        'a batch was given up; it is read again',
      );
    }
  }

  /** @returns the message that must be tried again, with all before it handled */
  private async chunk(partition: number, raws: readonly KafkaMessage[]): Promise<KafkaMessage | undefined> {
    let received: Received[] = [];
    for (const raw of raws) {
      const message = await this.reader.read(partition, raw);
      if (!(message instanceof Refusal)) {
        received.push({ raw, message });
        continue;
      }
      // First what lies before it: if that must be tried again, the refusal would be answered and kept once more.
      const failedAt = await this.handled(partition, received);
      if (failedAt !== undefined) return failedAt;
      received = [];
      const tries = this.tries.count(partition, raw);
      if (!(await this.isSettled(partition, raw, () => message.settle(tries)))) return raw;
    }
    return this.handled(partition, received);
  }

  /** @returns the message that must be tried again, with all before it handled */
  private async handled(partition: number, received: readonly Received[]): Promise<KafkaMessage | undefined> {
    if (received.length === 0) return undefined;
    try {
      await this.inTransaction(partition, received);
      return undefined;
    } catch (error) {
      this.options.logger.debug(
        { err: error, topic: this.options.topic },
        'a chunk failed; its messages are handled one by one',
      );
    }
    for (const one of received) {
      if (!(await this.single(partition, one))) return one.raw;
    }
    return undefined;
  }

  /** @returns false when it must be tried again later: its reply or its dead letter could not be kept */
  private async isSettled(
    partition: number,
    raw: KafkaMessage,
    settle: () => Promise<void>,
  ): Promise<boolean> {
    try {
      await settle();
    } catch (err) {
      const { topic, logger } = this.options;
      logger.warn({ err, topic, offset: raw.offset }, 'a refused message was not settled; it is tried again');
      return false;
    }
    this.tries.forget(partition, raw);
    return true;
  }

  private inTransaction(partition: number, received: readonly Received[]): Promise<void> {
    const { groupId, topic, inbox, handle } = this.options;
    const messages = received.map((r) => r.message);
    return inbox.run(groupId, messages, async (index, tx) => {
      const one = received[index];
      if (one === undefined) throw new RangeError(`no message ${index}`);
      const { id, type, key, headers, traceparent, principal } = one.message;
      await handle(one.message, {
        id,
        type,
        key,
        headers,
        traceparent,
        principal,
        topic,
        partition,
        offset: one.raw.offset,
        tx,
      });
    });
  }

  /** @returns false when it must be tried again later */
  private async single(partition: number, one: Received): Promise<boolean> {
    try {
      await this.inTransaction(partition, [one]);
    } catch (error) {
      const tries = this.tries.count(partition, one.raw);
      const kind = classify(error);
      this.options.logger.warn(
        { err: error, topic: this.options.topic, id: one.message.id, kind, tries },
        'a message failed',
      );
      if (kind === 'retriable' || (kind === 'bug' && tries < BUG_TRIES)) return false;
      return this.isSettled(partition, one.raw, () => this.deadLetters.add(partition, one.raw, error));
    }
    this.tries.forget(partition, one.raw);
    return true;
  }

  /** What is to be tried again is read from there, by whomever. */
  private async settled(
    { batch, resolveOffset }: EachBatchPayload,
    at: KafkaMessage | undefined,
    isNext: boolean,
  ): Promise<void> {
    if (at === undefined) return;
    if (!isNext) resolveOffset(at.offset);
    this.commits.handledUpTo(batch.partition, isNext ? at.offset : String(BigInt(at.offset) + 1n));
    if (this.deadLetters.hadSinceLastCommit(batch.partition) || this.closing) await this.commits.now();
  }

  private retryLater(payload: EachBatchPayload, failed: KafkaMessage): void {
    const { topic, partition } = payload.batch;
    const resume = payload.pause();
    this.consumer.seek({ topic, partition, offset: failed.offset });
    const timer = setTimeout(
      () => {
        this.timers.delete(timer);
        resume();
      },
      this.tries.waitMs(partition, failed),
    );
    this.timers.add(timer);
  }
}
