import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '#libs/config';
import { deploymentReplied, nodeRequested } from '#libs/contracts';
import { createKafka, ensureTopics, SILENT, tail, type TailedMessage } from '#libs/kafka';
import { type OutboxMessage, transaction } from '#libs/postgres';
import { createTestDatabase, requireEnv, type TestDatabase, uniqueName, until } from '#libs/testing';
import { openRuntime, type Runtime, runtimeConfigSchema } from './index.js';

const brokers = requireEnv('KAFKA_BROKERS');
const kafka = createKafka({ brokers: brokers.split(','), clientId: 'test', logger: SILENT });
const admin = kafka.admin();
const shape = { partitions: 1, replicationFactor: 1 };
/** More than the relay reads at once. */
const MANY = 250;
/** kafkajs alone asks 16 s for a topic that is gone. */
const SOON_MS = 5_000;

let database: TestDatabase;
let runtime: Runtime;
const [ownReplies, otherReplies, nodeRequests] = ['own', 'other', 'nodes'].map(uniqueName) as [
  string,
  string,
  string,
];
let madeAtStart: boolean;

beforeAll(async () => {
  database = await createTestDatabase();
  const env = { KAFKA_BROKERS: brokers, DATABASE_URL: database.url, LOG_LEVEL: 'error' };
  const config = loadConfig(runtimeConfigSchema, env);
  runtime = await openRuntime({
    ...{ app: 'test', replica: 'test-1', schema: 'topic_gone', migrations: [], config },
    ownTopics: [ownReplies, otherReplies, nodeRequests, ownReplies],
  });
  await admin.connect();
  madeAtStart = await isThere(ownReplies);
  await runtime.relay.start();
});
afterAll(async () => {
  await admin.disconnect();
  await runtime.close();
  await database.drop();
});

const isThere = async (topic: string): Promise<boolean> => (await admin.listTopics()).includes(topic);

async function remove(topic: string): Promise<void> {
  await admin.deleteTopics({ topics: [topic] });
  await until('the end of the topic', async () => !(await isThere(topic)));
}

const reply = (topic: string, n: number): OutboxMessage => ({
  ...{ topic, type: deploymentReplied.type, key: 'shop', id: `${ownReplies}-${n}` },
  data: { token: `token-${n}`, n },
});
const add = (...messages: OutboxMessage[]): Promise<void> =>
  transaction(runtime.pool, (tx) => runtime.outbox.add(tx, messages));
const waiting = async (): Promise<number> => (await runtime.pool.query('SELECT FROM outbox')).rows.length;

describe('a request whose reply topic went away', () => {
  it('finds it made at the start, where it was missing', () => expect(madeAtStart).toBe(true));

  it('held up the replies and node requests of all others; its reply is sent once the topic is there', async () => {
    await add(reply(ownReplies, 0));
    await until('the first reply', async () => (await waiting()) === 0);
    await remove(ownReplies);
    const found: TailedMessage[] = [];
    const others = await tail(kafka, {
      ...{ topics: [otherReplies, nodeRequests], from: 'end' },
      onMessage: (message) => found.push(message),
    });
    const has = (id: string): boolean => found.some(({ headers }) => headers['ce_id'] === id);
    const began = performance.now();
    await add(...Array.from({ length: MANY }, (_, n) => reply(ownReplies, n + 1)));
    const request = { topic: nodeRequests, type: nodeRequested.type, key: 'shop' };
    await add(
      { ...reply(otherReplies, 0), id: `${ownReplies}-other` },
      { ...request, id: `${ownReplies}-request`, data: nodeRequested.example },
    );
    await until('the reply of another', () => has(`${ownReplies}-other`));
    await until('the node request', () => has(`${ownReplies}-request`));
    expect(performance.now() - began).toBeLessThan(SOON_MS);
    await others.stop();
    expect(await waiting()).toBe(MANY);
    await ensureTopics(kafka, [ownReplies], shape);
    await until('an empty outbox', async () => (await waiting()) === 0);
    const sent: unknown[] = [];
    const replies = await tail(kafka, {
      ...{ topics: [ownReplies], from: 'beginning' },
      onMessage: ({ data }) => sent.push((data as { n: number }).n),
    });
    await until('its replies', () => sent.includes(MANY));
    await replies.stop();
    expect(sent).toEqual(Array.from({ length: MANY }, (_, n) => n + 1));
  });
});
