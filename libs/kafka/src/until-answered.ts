import { setTimeout as delay } from 'node:timers/promises';
import { createKafka, SILENT } from './kafka-client.js';

const TRY_MS = 1_000;
const TRY_AGAIN_MS = 100;

async function ask(broker: string): Promise<void> {
  const once = { retries: 0, connectTimeoutMs: TRY_MS, requestTimeoutMs: TRY_MS };
  const kafka = createKafka({ brokers: [broker], clientId: 'slipway-asks', logger: SILENT, ...once });
  const admin = kafka.admin();
  try {
    await admin.connect();
  } catch (cause) {
    throw new Error(`${broker}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  } finally {
    await admin.disconnect();
  }
}

/**
 * Resolves once one of the brokers answers. Throws an AggregateError with what was wrong with each when none has for
 * `withinMs`: the client's own retries take many times as long, for they are meant for clients that go on for ever.
 */
export async function untilAnswered(brokers: readonly string[], withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await Promise.any(brokers.map(ask));
    } catch (error) {
      if (performance.now() >= deadline) throw error;
      await delay(TRY_AGAIN_MS);
    }
  }
}
