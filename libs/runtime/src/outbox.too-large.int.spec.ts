import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '#libs/config';
import {
  deadLetterTopic,
  deploymentProgressed,
  deploymentReplied,
  type MessageDefinition,
} from '#libs/contracts';
import { createKafka, ensureTopics, SILENT, tail, type TailedMessage } from '#libs/kafka';
import { type OutboxMessage, transaction } from '#libs/postgres';
import { createTestDatabase, requireEnv, type TestDatabase, uniqueName, until } from '#libs/testing';
import { openRuntime, type Runtime, runtimeConfigSchema } from './index.js';

const brokers = requireEnv('KAFKA_BROKERS');
const kafka = createKafka({ brokers: brokers.split(','), clientId: 'test', logger: SILENT });
const KIB = 1024;
const letters = deadLetterTopic(deploymentReplied.topic);

let database: TestDatabase;
let runtime: Runtime;
let topic: string;
let found: TailedMessage[];
let reading: { stop(): Promise<void> };

beforeAll(async () => {
  database = await createTestDatabase();
  const env = { KAFKA_BROKERS: brokers, DATABASE_URL: database.url, LOG_LEVEL: 'error' };
  const config = loadConfig(runtimeConfigSchema, env);
  runtime = await openRuntime({
    app: 'test',
    replica: 'test-1',
    schema: 'too_large',
    migrations: [],
    config,
  });
  await runtime.relay.start();
});
beforeEach(async () => {
  topic = uniqueName('replies');
  found = [];
  await ensureTopics(kafka, [topic], { partitions: 3, replicationFactor: 1 });
  reading = await tail(kafka, {
    ...{ topics: [topic, letters], from: 'end' },
    onMessage: (message) => found.push(message),
  });
});
afterEach(() => reading.stop());
afterAll(async () => {
  await runtime.close();
  await database.drop();
});

type Typed = Pick<MessageDefinition, 'type'>;
const message = (n: number, bytes: number, key = 'shop', of: Typed = deploymentReplied): OutboxMessage => ({
  ...{ topic, type: of.type, key, id: `${topic}-${n}` },
  data: { token: `token-${n}`, n, filler: 'x'.repeat(bytes) },
});
const add = (...messages: OutboxMessage[]): Promise<void> =>
  transaction(runtime.pool, (tx) => runtime.outbox.add(tx, messages));
const isEmpty = async (): Promise<boolean> =>
  (await runtime.pool.query('SELECT FROM outbox')).rows.length === 0;
const numbers = (): number[] =>
  found.flatMap((one) => (one.topic === topic ? [(one.data as { n: number }).n] : []));

describe('a reply that is larger than the broker takes', () => {
  it('stopped the outbox for ever: it goes to the dead letters, and the rows around it go on, once each', async () => {
    const others = [0, 1, 3, 4].map((n) => message(n, 10, `app-${n}`));
    await add(...others, message(2, 1_100 * KIB), message(5, 10), message(6, 10));
    await until('the rows behind it', () => numbers().includes(6));
    await until('an empty outbox', isEmpty);
    expect(numbers().toSorted((a, b) => a - b)).toEqual([0, 1, 3, 4, 5, 6]);
    const letter = (): TailedMessage | undefined => found.find((one) => one.topic === letters);
    await until('the dead letter', () => letter() !== undefined);
    expect(letter()).toMatchObject({
      ...{ key: 'shop', data: '' },
      headers: {
        ce_id: `${topic}-2`,
        ce_type: deploymentReplied.type,
        'slipway-dead-letter-topic': topic,
        'slipway-dead-letter-reason': 'the broker refuses it as too large',
      },
    });
    const bytes = Number(letter()?.headers['slipway-dead-letter-bytes-left-out']);
    expect(bytes).toBeGreaterThan(1_100 * KIB);
  });
});

describe('a burst of medium events', () => {
  it('stopped the outbox for ever, being one batch: it is sent in parts, in order, once each', async () => {
    const events = Array.from({ length: 60 }, (_, n) => message(n, 40 * KIB, 'shop', deploymentProgressed));
    await add(...events);
    await until('the last', () => numbers().includes(59));
    await until('an empty outbox', isEmpty);
    expect(numbers()).toEqual(events.map((_, n) => n));
  });
});
