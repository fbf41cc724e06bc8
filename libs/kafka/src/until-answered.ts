import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaConnection } from './connection.js';
import { createKafka, SILENT } from './kafka-client.js';
import { KafkaSetupError } from './setup-error.js';
import { whyRefused } from './why-refused.js';

const TRY_MS = 1_000;
/** A handshake and a login go to and fro several times. */
const SECURED_TRY_MS = 3_000;
const TRY_AGAIN_MS = 100;

async function ask(broker: string, connection: KafkaConnection): Promise<void> {
  const tryMs = (connection.tls ?? connection.sasl) === undefined ? TRY_MS : SECURED_TRY_MS;
  const once = { retries: 0, connectTimeoutMs: tryMs, requestTimeoutMs: tryMs };
  const one = { ...connection, brokers: [broker] };
  const admin = createKafka({ ...one, clientId: 'slipway-asks', logger: SILENT, ...once }).admin();
  try {
    await admin.connect();
    // The first request that needs a login, where the broker wants one.
    await admin.describeCluster();
  } catch (cause) {
    const refused = await whyRefused(broker, connection, cause);
    throw (
      refused ?? new Error(`${broker}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    );
  } finally {
    await admin.disconnect();
  }
}

/**
 * Resolves once one of the brokers answers. Throws a KafkaSetupError at once when one of them does not let this client
 * in. Throws an AggregateError with what was wrong with each when none has answered for `withinMs`: the client's own
 * retries take many times as long, for they are meant for clients that go on for ever.
 */
export async function untilAnswered(connection: KafkaConnection, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await Promise.any(connection.brokers.map((broker) => ask(broker, connection)));
    } catch (error) {
      const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
      const refused = errors.find((one) => one instanceof KafkaSetupError);
      if (refused instanceof KafkaSetupError) throw refused;
      if (performance.now() >= deadline) throw error;
      await delay(TRY_AGAIN_MS);
    }
  }
}
