import type { Admin, Consumer, EachBatchPayload } from 'kafkajs';
import type { PlatformKafka } from './kafka-client.js';
import { joining, membership } from './membership.js';
import { whyNotRead } from './missing-acl.js';
import { offsetsFrom } from './offsets-from.js';
import { Passing, type TailedMessage } from './tailed-message.js';

export interface SharedTailOptions {
  /** Without the prefix. */
  readonly groupId: string;
  readonly topic: string;
  /** Partitions that come to this replica are read from so long before now. */
  readonly backMs: number;
  now(): Date;
  onMessage(message: TailedMessage): void;
  /** From now on another replica reads them, or nobody does. */
  onLost(partitions: readonly number[]): void;
  /** It cannot go on, and is begun anew soon. */
  onError(error: unknown): void;
}

/** A replica that ends waits for its fetch. */
const LONGEST_FETCH_MS = 500;
const ANEW_MS = 1_000;

/**
 * Reads along on the share of a topic that a group gives this replica. No offset is committed: whoever gets a partition
 * begins some time back, so that what is folded from messages is the same wherever it is folded.
 * Resolves once the group has been joined.
 */
export async function tailShared(
  kafka: PlatformKafka,
  options: SharedTailOptions,
): Promise<{ stop(): Promise<void> }> {
  const tail = new SharedTail(kafka, options);
  await tail.start();
  return { stop: () => tail.stop() };
}

class SharedTail {
  private readonly topic: string;
  private readonly admin: Admin;
  private readonly passing: Passing;
  private consumer: Consumer | undefined;
  private anew: NodeJS.Timeout | undefined;
  private isStopped = false;
  /** The next offset of each partition that is read. */
  private readonly next = new Map<number, bigint>();
  /** Rises whenever partitions are given out. */
  private generation = 0;

  constructor(
    private readonly kafka: PlatformKafka,
    private readonly options: SharedTailOptions,
  ) {
    this.topic = kafka.nameOf(options.topic);
    this.admin = kafka.admin();
    this.passing = new Passing(kafka);
  }

  async start(): Promise<void> {
    try {
      await this.admin.connect();
      await this.open();
    } catch (error) {
      await this.stop();
      const { topic, groupId } = this.options;
      throw whyNotRead(error, { kafka: this.kafka, topics: [topic], groupId });
    }
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.anew);
    await this.consumer?.disconnect();
    await this.admin.disconnect();
  }

  private async open(): Promise<void> {
    const { kafka, options } = this;
    const consumer = kafka.consumer({
      ...{ groupId: kafka.nameOf(options.groupId), allowAutoTopicCreation: false },
      ...{ maxWaitTimeInMs: LONGEST_FETCH_MS, ...membership },
    });
    this.consumer = consumer;
    const joined = joining(consumer);
    const { GROUP_JOIN, CRASH } = consumer.events;
    // Before anything is fetched: the client waits for no listener, but goes on only after it.
    consumer.on(GROUP_JOIN, ({ payload }) =>
      this.given(consumer, payload.memberAssignment[this.topic] ?? []),
    );
    consumer.on(CRASH, ({ payload }) => {
      if (!payload.restart) this.openAnew(payload.error);
    });
    await consumer.connect();
    await consumer.subscribe({ topic: this.topic, fromBeginning: true });
    await consumer.run({
      ...{ autoCommit: false, eachBatchAutoResolve: false },
      eachBatch: (payload) => Promise.resolve(this.read(payload)),
    });
    await joined;
  }

  /** After an error for which the client does not begin anew itself. */
  private openAnew(error: unknown): void {
    if (this.isStopped) return;
    this.options.onError(error);
    const gone = this.consumer;
    this.anew = setTimeout(() => {
      void gone?.disconnect().catch(() => undefined);
      if (!this.isStopped) this.open().catch((err: unknown) => this.openAnew(err));
    }, ANEW_MS);
  }

  private given(consumer: Consumer, partitions: readonly number[]): void {
    this.generation += 1;
    const lost = [...this.next.keys()].filter((partition) => !partitions.includes(partition));
    for (const partition of lost) this.next.delete(partition);
    if (lost.length > 0) this.options.onLost(lost);
    // Without committed offsets the client would begin with the oldest message.
    for (const [partition, offset] of this.next)
      consumer.seek({ topic: this.topic, partition, offset: String(offset) });
    const fresh = partitions.filter((partition) => !this.next.has(partition));
    if (fresh.length === 0) return;
    consumer.pause([{ topic: this.topic, partitions: [...fresh] }]);
    void this.begin(consumer, fresh, this.generation);
  }

  private async begin(consumer: Consumer, partitions: readonly number[], generation: number): Promise<void> {
    const sinceMs = this.options.now().getTime() - this.options.backMs;
    try {
      const starts = await offsetsFrom(this.admin, this.topic, { sinceMs });
      // They were given out anew meanwhile.
      if (generation !== this.generation || this.isStopped) return;
      for (const { partition, offset } of starts.filter((start) => partitions.includes(start.partition))) {
        this.next.set(partition, BigInt(offset));
        consumer.seek({ topic: this.topic, partition, offset });
      }
      consumer.resume([{ topic: this.topic, partitions: [...partitions] }]);
    } catch (error) {
      if (generation !== this.generation || this.isStopped) return;
      this.options.onError(error);
      this.anew = setTimeout(() => void this.begin(consumer, partitions, generation), ANEW_MS);
    }
  }

  private read({ batch, resolveOffset, isRunning, isStale }: EachBatchPayload): void {
    const { partition } = batch;
    for (const message of batch.messages) {
      const next = this.next.get(partition);
      if (next === undefined || !isRunning() || isStale()) return;
      resolveOffset(message.offset);
      // Before the seek took hold an older message may come by.
      if (BigInt(message.offset) < next) continue;
      this.next.set(partition, BigInt(message.offset) + 1n);
      this.passing.pass({ topic: this.options.topic, partition, message }, this.options.onMessage);
    }
  }
}
