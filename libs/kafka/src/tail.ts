import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { headersOf } from './cloud-event.js';
import type { PlatformKafka } from './kafka-client.js';
import { joining, membership } from './membership.js';
import { whyNotRead } from './missing-acl.js';
import { unreadableBatchOf } from './record-set/read-record.js';

export interface TailedMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; the text itself where it is not JSON. */
  readonly data: unknown;
}

/** A time: the messages that their senders sent from then on, by their clocks. */
type From = 'beginning' | 'end' | { readonly sinceMs: number };

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

function parsed(value: Buffer | null): unknown {
  const text = value?.toString() ?? '';
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const TRIES = 100;
const TRY_AGAIN_MS = 100;

/** A topic that is new moves between brokers for a moment, and kafkajs does not ask again for its offsets. */
async function retried<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      const mayPass = error instanceof Error && 'retriable' in error && error.retriable === true;
      if (!mayPass || tries >= TRIES) throw error;
      await delay(TRY_AGAIN_MS);
    }
  }
}

async function offsetsOf(admin: Admin, topic: string, from: From): Promise<readonly Omit<Place, 'topic'>[]> {
  if (typeof from === 'object') return admin.fetchTopicOffsetsByTimestamp(topic, from.sinceMs);
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.map(({ partition, high, low }) => ({ partition, offset: from === 'end' ? high : low }));
}

/** Where each partition is read from; topics as the brokers have them. */
async function startsOf(
  admin: Admin,
  topics: readonly (readonly [name: string, from: From])[],
): Promise<readonly Place[]> {
  const starts = topics.map(async ([topic, from]) =>
    (await retried(() => offsetsOf(admin, topic, from))).map((start) => ({ topic, ...start })),
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
  private hasSaid = false;

  constructor(
    private readonly kafka: PlatformKafka,
    private readonly starts: readonly Place[],
    private readonly options: TailOptions,
  ) {}

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
    const { offset, key, value } = message;
    const start = this.starts.find((s) => s.topic === topic && s.partition === partition);
    // Before the seek took hold an older message may come by.
    if (start !== undefined && BigInt(offset) < BigInt(start.offset)) return;
    const unreadable = unreadableBatchOf(message);
    if (unreadable !== undefined) return this.passOver({ topic, partition, offset }, unreadable.reason);
    try {
      const headers = headersOf(message);
      this.options.onMessage({
        ...{ topic: this.plain(topic), partition, offset, headers },
        key: key?.toString() ?? '',
        data: parsed(value),
      });
    } catch (error) {
      this.passOver({ topic, partition, offset }, error instanceof Error ? error.message : String(error));
    }
  }

  /** Said once: a topic may be full of it, and its consumers say it of each. */
  private passOver(at: Place, reason: string): void {
    if (this.hasSaid) return;
    this.hasSaid = true;
    this.kafka
      .logger()
      .warn('reading along, something was passed over that cannot be read', { ...at, reason });
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
