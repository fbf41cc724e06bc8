import { setTimeout as delay } from 'node:timers/promises';
import { createKafka, ensureTopics, Producer } from '#libs/kafka';
import {
  createPool,
  Listener,
  messagingTables,
  migrate,
  Outbox,
  OutboxRelay,
  type OutboxRow,
  transaction,
  type Pool,
} from '#libs/postgres';
import { createLogger } from '#libs/telemetry';
import { quantile } from './claims.js';

const TOPIC = 'bench.queue.relay';
const PARTITIONS = 6;
const WRITERS = 4;
const TICK_MS = 20;

export interface RelayFigures {
  readonly messagesPerSecond: number;
  /** From the commit of a message until the broker has it, in the first and the last third of the time. */
  readonly early: { readonly p50: number; readonly p99: number };
  readonly late: { readonly p50: number; readonly p99: number };
  readonly batches: number;
  readonly messagesPerBatch: number;
}

interface Published {
  readonly at: number;
  readonly latencyMs: number;
}

/** Messages at an even rate, each in a transaction of its own, through a relay to a real broker. */
export async function measureRelay(
  env: { readonly databaseUrl: string; readonly brokers: string },
  perSecond: number,
  forMs: number,
): Promise<RelayFigures> {
  const schema = 'bench_relay';
  const pool = createPool({ url: env.databaseUrl, schema, applicationName: 'bench-queue' });
  const listener = new Listener({ url: env.databaseUrl });
  const logger = createLogger({ app: 'bench', replica: 'bench', level: 'error' });
  const kafka = createKafka({ brokers: env.brokers.split(','), clientId: 'bench-queue', logger });
  const producer = new Producer(kafka);
  const published: Published[] = [];
  let batches = 0;
  const publish = async (rows: readonly OutboxRow[]): Promise<ReadonlySet<string>> => {
    await producer.publish(rows);
    batches += 1;
    const at = performance.now();
    for (const { data } of rows)
      published.push({ at, latencyMs: at - (data as { written: number }).written });
    return new Set();
  };
  const onError = (error: unknown): void => console.error(error);
  const relay = new OutboxRelay({ sessions: pool, listener, schema, publish, onError });
  try {
    await migrate(pool, { schema, sets: [messagingTables] });
    await ensureTopics(kafka, [TOPIC], { partitions: PARTITIONS, replicationFactor: 1 });
    await listener.start();
    await relay.start();
    const started = performance.now();
    const written = await writeEvenly(pool, perSecond, forMs);
    while (published.length < written) await delay(10);
    return figuresOf(published, started, batches);
  } finally {
    await relay.stop();
    await producer.stop();
    await listener.stop();
    await pool.end();
  }
}

/** @returns how many were written */
async function writeEvenly(pool: Pool, perSecond: number, forMs: number): Promise<number> {
  const outbox = new Outbox();
  const started = performance.now();
  let taken = 0;
  const due = (): number => Math.floor((Math.min(performance.now() - started, forMs) * perSecond) / 1000);
  const writer = async (): Promise<void> => {
    while (performance.now() - started < forMs || taken < due()) {
      if (taken >= due()) {
        await delay(TICK_MS);
        continue;
      }
      taken += 1;
      const key = `app-${taken % 100}`;
      const data = { written: performance.now(), filler: 'x'.repeat(400) };
      await transaction(pool, (tx) => outbox.add(tx, [{ topic: TOPIC, key, type: 'bench.v1', data }]));
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return taken;
}

function figuresOf(published: readonly Published[], started: number, batches: number): RelayFigures {
  const all = [...published].sort((a, b) => a.at - b.at);
  const third = Math.ceil(all.length / 3);
  const spread = (part: readonly Published[]): { p50: number; p99: number } => {
    const times = part.map((one) => one.latencyMs);
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  };
  const lastMs = (all.at(-1)?.at ?? started) - started;
  return {
    messagesPerSecond: (all.length * 1000) / lastMs,
    early: spread(all.slice(0, third)),
    late: spread(all.slice(-third)),
    batches,
    messagesPerBatch: all.length / batches,
  };
}
