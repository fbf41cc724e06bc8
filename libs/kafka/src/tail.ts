import { randomUUID } from 'node:crypto';
import type { Admin, Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { PlatformKafka } from './kafka-client.js';
import { joining, membership } from './membership.js';
import { whyNotRead } from './missing-acl.js';
import { type From, offsetsFrom } from './offsets-from.js';
import { Passing, type TailedMessage } from './tailed-message.js';

export interface TailOptions {
  readonly topics: readonly string[];
  /** By topic where topics differ; one that is not named, from its end on. */
  readonly from: From | { readonly byTopic: Readonly<Record<string, From>> };
  readonly onMessage: (message: TailedMessage) => void;
  /** All up to this offset was read: messages, and what is none, such as the marker of a transaction's end. */
  readonly onReadUpTo?: (at: Place) => void;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** Where each partition is read from; topics as the brokers have them. */
async function startsOf(
  admin: Admin,
  topics: readonly (readonly [name: string, from: From])[],
): Promise<readonly Place[]> {
  const starts = topics.map(async ([topic, from]) =>
    (await offsetsFrom(admin, topic, from)).map((start) => ({ topic, ...start })),
  );
  // All of them: one that went on after the client was closed would open it again, and no process with it could end.
  const results = await Promise.allSettled(starts);
  return results.flatMap((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** Hands messages on. Nothing that stands in a topic ends the reading: what cannot be read is passed over. */
class Reader {
  private readonly passing: Passing;

  constructor(
    private readonly kafka: PlatformKafka,
    private readonly starts: readonly Place[],
    private readonly options: TailOptions,
  ) {
    this.passing = new Passing(kafka);
  }

  readBatch({ batch, resolveOffset, isRunning, isStale }: EachBatchPayload): void {
    const { topic, partition, messages } = batch;
    for (const message of messages) {
      if (!isRunning() || isStale()) return;
      this.read(topic, partition, message);
      resolveOffset(message.offset);
    }
    this.readUpTo({ topic, partition, offset: batch.lastOffset() });
  }

  readUpTo({ topic, ...at }: Place): void {
    this.options.onReadUpTo?.({ topic: this.plain(topic), ...at });
  }

  /** A topic of the brokers as the reader calls it. */
  private plain(name: string): string {
    return this.options.topics.find((topic) => this.kafka.nameOf(topic) === name) ?? name;
  }

  private read(topic: string, partition: number, message: KafkaMessage): void {
    const { offset } = message;
    const start = this.starts.find((s) => s.topic === topic && s.partition === partition);
    // Before the seek took hold an older message may come by.
    if (start !== undefined && BigInt(offset) < BigInt(start.offset)) return;
    this.passing.pass({ topic: this.plain(topic), partition, message }, this.options.onMessage);
  }
}

/**
 * Reads along on topics without a mark left behind: a group of its own that is deleted at the end.
 * Resolves once every message published from now on will be seen: end offsets are taken before the group joins.
 */
export async function tail(kafka: PlatformKafka, options: TailOptions): Promise<{ stop(): Promise<void> }> {
  const groupId = `slipway.tail.${randomUUID()}`;
  const admin = kafka.admin();
  const consumer = kafka.consumer({ groupId: kafka.nameOf(groupId), maxWaitTimeInMs: 500, ...membership });
  try {
    await admin.connect();
    await follow({ kafka, admin, consumer, options });
  } catch (error) {
    await Promise.all([consumer.disconnect(), admin.disconnect()]);
    throw whyNotRead(error, { kafka, topics: options.topics, groupId });
  }
  return {
    async stop() {
      await consumer.disconnect();
      // The group vanishes by itself in time; to delete it now is only tidiness.
      await admin.deleteGroups([kafka.nameOf(groupId)]).catch(() => undefined);
      await admin.disconnect();
    },
  };
}

interface Following {
  readonly kafka: PlatformKafka;
  readonly admin: Admin;
  readonly consumer: Consumer;
  readonly options: TailOptions;
}

async function follow({ kafka, admin, consumer, options }: Following): Promise<void> {
  const names = options.topics.map((topic) => kafka.nameOf(topic));
  const { from } = options;
  const fromOf = (topic: string): From =>
    typeof from === 'object' && 'byTopic' in from ? (from.byTopic[topic] ?? 'end') : from;
  const starts = await startsOf(
    admin,
    options.topics.map((topic) => [kafka.nameOf(topic), fromOf(topic)]),
  );
  const reader = new Reader(kafka, starts, options);
  await consumer.connect();
  await consumer.subscribe({ topics: names, fromBeginning: true });
  const joined = joining(consumer);
  // What has no message in it, such as the marker of a transaction's end, comes to no handler.
  consumer.on(
    consumer.events.END_BATCH_PROCESS,
    ({ payload: { topic, partition, lastOffset, batchSize } }) => {
      if (batchSize === 0) reader.readUpTo({ topic, partition, offset: lastOffset });
    },
  );
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: (payload) => Promise.resolve(reader.readBatch(payload)),
  });
  // Not before: a consumer whose first try to join failed is started again, and has no group to seek in until then.
  await joined;
  starts.forEach((start) => consumer.seek(start));
}
