import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { requireEnv, until } from '#libs/testing';
import {
  createKafka,
  ensureTopics,
  NotPublishedError,
  Producer,
  SILENT,
  tail,
  type TailedMessage,
} from './index.js';

const kafka = createKafka({ brokers: [requireEnv('KAFKA_BROKERS')], clientId: 'test', logger: SILENT });
const admin = kafka.admin();
/** kafkajs alone asks 16 s for a topic that is gone. */
const SOON_MS = 5_000;

let producer: Producer;
let there: string;
let other: string;
beforeEach(async () => {
  producer = new Producer(kafka);
  [there, other] = [`t-${randomUUID()}`, `t-${randomUUID()}`];
  await create(there, 3);
  await admin.connect();
});
afterEach(() => producer.stop());
afterAll(() => admin.disconnect());

const create = (topic: string, partitions: number): Promise<void> =>
  ensureTopics(kafka, [topic], { partitions, replicationFactor: 1 });

async function remove(topic: string): Promise<void> {
  await admin.deleteTopics({ topics: [topic] });
  await until('the end of the topic', async () => !(await admin.listTopics()).includes(topic));
}

const messages = (topic: string, ...numbers: number[]) =>
  numbers.map((n) => ({ topic, key: `k-${n}`, type: 'test', id: `${topic}-${n}`, data: { n } }));

async function found(topic: string, count: number): Promise<readonly number[]> {
  const all: TailedMessage[] = [];
  const { stop } = await tail(kafka, {
    ...{ topics: [topic], from: 'beginning' },
    onMessage: (message) => all.push(message),
  });
  await until(`${count} messages`, () => all.length >= count);
  await stop();
  return all.map(({ data }) => (data as { n: number }).n).toSorted((a, b) => a - b);
}

async function refusedTopics(publishing: Promise<void>): Promise<readonly string[]> {
  const error = await publishing.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NotPublishedError);
  return (error as NotPublishedError).unavailable.map(({ topic }) => topic);
}

it('a message for a topic that does not exist kept the others of its call from being sent', async () => {
  const all = [...messages(other, 1), ...messages(there, 2, 3)];
  expect(await refusedTopics(producer.publish(all))).toEqual([other]);
  expect(await found(there, 2)).toEqual([2, 3]);
});

it('a name that Kafka does not take is refused as a topic that does not exist is', async () => {
  expect(await refusedTopics(producer.publish([...messages('a b', 1), ...messages(there, 2)]))).toEqual([
    'a b',
  ]);
  expect(await found(there, 1)).toEqual([2]);
});

it('a topic that went away after it was used held up all others while kafkajs asked for it', async () => {
  await create(other, 1);
  await producer.publish([...messages(other, 1), ...messages(there, 1)]);
  await remove(other);
  for (const n of [2, 3]) {
    const began = performance.now();
    expect(await refusedTopics(producer.publish([...messages(other, n), ...messages(there, n)]))).toEqual([
      other,
    ]);
    expect(performance.now() - began).toBeLessThan(SOON_MS);
  }
  expect(await found(there, 3)).toEqual([1, 2, 3]);
  await create(other, 1);
  await producer.publish(messages(other, 4));
  expect(await found(other, 1)).toEqual([4]);
});

it('a topic that was made anew with fewer partitions loses nothing: what it did not take is refused', async () => {
  await create(other, 20);
  const many = Array.from({ length: 40 }, (_, n) => n);
  await producer.publish(messages(other, ...many));
  await remove(other);
  await create(other, 1);
  expect(await refusedTopics(producer.publish(messages(other, ...many)))).toEqual([other]);
  await producer.publish(messages(other, ...many));
  expect(new Set(await found(other, many.length))).toEqual(new Set(many));
});

it('a topic that cannot be created kept a start from succeeding without a word on which', async () => {
  await expect(create('a b', 1)).rejects.toThrow('Cannot create topics:\n  a b: ');
});
