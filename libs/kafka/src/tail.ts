import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { headersOf } from './cloud-event.js';
import { membership } from './membership.js';

export interface TailedMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; the text itself where it is not JSON. */
  readonly data: unknown;
}

export interface TailOptions {
  readonly topics: readonly string[];
  readonly from: 'beginning' | 'end';
  readonly onMessage: (message: TailedMessage) => void;
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

/**
 * Reads along on topics without a mark left behind: a group of its own that is deleted at the end.
 * Resolves once every message published from now on will be seen: end offsets are taken before the group joins.
 */
export async function tail(
  kafka: Kafka,
  { topics, from, onMessage }: TailOptions,
): Promise<{ stop(): Promise<void> }> {
  const groupId = `slipway.tail.${randomUUID()}`;
  const admin = kafka.admin();
  await admin.connect();
  const starts = await Promise.all(
    topics.map(async (topic) =>
      (await retried(() => admin.fetchTopicOffsets(topic))).map(({ partition, high, low }) => ({
        topic,
        partition,
        offset: from === 'end' ? high : low,
      })),
    ),
  );
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 500, ...membership });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({
    autoCommit: false,
    eachMessage: ({ topic, partition, message }) => {
      const { offset, key, value } = message;
      const start = starts.flat().find((s) => s.topic === topic && s.partition === partition);
      // Before the seek took hold an older message may come by.
      if (start === undefined || BigInt(offset) >= BigInt(start.offset)) {
        onMessage({
          topic,
          partition,
          offset,
          key: key?.toString() ?? '',
          headers: headersOf(message),
          data: parsed(value),
        });
      }
      return Promise.resolve();
    },
  });
  // Not before: a consumer whose first try to join failed is started again, and has no group to seek in until then.
  await joined;
  starts.flat().forEach((start) => consumer.seek(start));
  return {
    async stop() {
      await consumer.disconnect();
      // The group vanishes by itself in time; to delete it now is only tidiness.
      await admin.deleteGroups([groupId]).catch(() => undefined);
      await admin.disconnect();
    },
  };
}
