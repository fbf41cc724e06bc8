import { setTimeout as delay } from 'node:timers/promises';
import type { Admin } from 'kafkajs';

/** A time: the messages that their senders sent from then on, by their clocks. */
export type From = 'beginning' | 'end' | { readonly sinceMs: number };

interface PartitionOffset {
  readonly partition: number;
  readonly offset: string;
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

async function asked(admin: Admin, topic: string, from: From): Promise<readonly PartitionOffset[]> {
  if (typeof from === 'object') return admin.fetchTopicOffsetsByTimestamp(topic, from.sinceMs);
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.map(({ partition, high, low }) => ({ partition, offset: from === 'end' ? high : low }));
}

/** Where each partition of a topic is read from. The topic as the brokers have it. */
export const offsetsFrom = (admin: Admin, topic: string, from: From): Promise<readonly PartitionOffset[]> =>
  retried(() => asked(admin, topic, from));
