import { randomUUID } from 'node:crypto';
import { afterAll, expect, it } from 'vitest';
import { requireEnv, until } from '#libs/testing';
import { brokerLine, requestKinds } from './broker-line.testing.js';
import { ensureTopics, Producer, tail } from './index.js';

const line = brokerLine(requireEnv('KAFKA_BROKERS'));
const producer = new Producer(line.kafka);
afterAll(() => producer.stop());

it('reading along survives a first try to join that fails, as at a broker that still loads its groups', async () => {
  const topic = `t-${randomUUID()}`;
  await ensureTopics(line.kafka, [topic], { partitions: 2, replicationFactor: 1 });
  const publish = (n: number) =>
    producer.publish([{ topic, key: 'k', type: 'test', id: `${topic}-${n}`, data: { n } }]);
  await publish(1);
  const found: unknown[] = [];
  line.loseNext(requestKinds.joinGroup);
  const { stop } = await tail(line.kafka, {
    topics: [topic],
    from: 'end',
    onMessage: ({ data }) => found.push(data),
  });
  await publish(2);
  await until('what was published since', () => found.length > 0);
  await stop();
  expect(found).toEqual([{ n: 2 }]);
});

it('each topic is read from where it is to be', async () => {
  const [kept, live] = [`t-${randomUUID()}`, `t-${randomUUID()}`];
  await ensureTopics(line.kafka, [kept, live], { partitions: 1, replicationFactor: 1 });
  const publish = (topic: string, n: number) =>
    producer.publish([{ topic, key: 'k', type: 'test', id: `${topic}-${n}`, data: { n } }]);
  for (const topic of [kept, live]) await publish(topic, 1);
  const found: unknown[] = [];
  const { stop } = await tail(line.kafka, {
    topics: [kept, live],
    from: { byTopic: { [kept]: 'beginning' } },
    onMessage: ({ topic, data }) => found.push([topic, data]),
  });
  await publish(live, 2);
  await until('what was published since, and what was kept', () => found.length > 1);
  await stop();
  expect(found).toHaveLength(2);
  expect(found).toEqual(
    expect.arrayContaining([
      [kept, { n: 1 }],
      [live, { n: 2 }],
    ]),
  );
});

it('a topic with days of messages is read from a time on, and one without any since then from its end', async () => {
  const topic = `t-${randomUUID()}`;
  await ensureTopics(line.kafka, [topic], { partitions: 2, replicationFactor: 1 });
  const publish = (key: string, n: number) =>
    producer.publish([{ topic, key, type: 'test', id: `${topic}-${n}`, data: { n } }]);
  // Keys of both partitions.
  for (const key of ['a', 'b', 'c', 'd', 'e']) await publish(key, 1);
  const sinceMs = Date.now() + 1;
  await until('it to pass', () => Date.now() >= sinceMs);
  await publish('a', 2);
  const found: unknown[] = [];
  const { stop } = await tail(line.kafka, {
    ...{ topics: [topic], from: { sinceMs } },
    onMessage: ({ data }) => found.push(data),
  });
  for (const key of ['a', 'b', 'c', 'd', 'e']) await publish(key, 3);
  await until('all since then', () => found.length >= 6);
  await stop();
  const numbers = found.map((data) => (data as { readonly n: number }).n);
  expect(numbers.toSorted()).toEqual([2, 3, 3, 3, 3, 3]);
});
