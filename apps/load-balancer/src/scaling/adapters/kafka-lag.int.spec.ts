import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { administered, createKafka, ensureTopics, SILENT } from '#libs/kafka';
import { requireEnv, until } from '#libs/testing';
import { KafkaLag } from './kafka-lag.js';

const kafka = createKafka({ brokers: [requireEnv('KAFKA_BROKERS')], clientId: 'test', logger: SILENT });
const [orders, mails] = [`orders-${randomUUID()}`, `mails-${randomUUID()}`];
const lag = new KafkaLag(kafka);

beforeAll(async () => {
  await ensureTopics(kafka, [orders, mails], { partitions: 2, replicationFactor: 1 });
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: 6 }, (_, n) => ({ key: `k${n}`, value: 'x', partition: n % 2 }));
  await producer.send({ topic: orders, messages });
  await producer.send({ topic: mails, messages });
  await producer.disconnect();
});
afterAll(() => lag.stop());

it('one topic that was deleted broke the lag of the groups of all others', async () => {
  // kafkajs may send some twice while a topic is new.
  expect(await lag.of('group', orders)).toBeGreaterThanOrEqual(6);
  const all = await lag.of('group', mails);
  expect(all).toBeGreaterThanOrEqual(6);
  await administered(kafka, async (admin) => {
    await admin.setOffsets({
      ...{ groupId: 'group', topic: mails },
      partitions: [{ partition: 0, offset: '2' }],
    });
    await admin.deleteTopics({ topics: [orders] });
    await until('the end of the topic', async () => !(await admin.listTopics()).includes(orders));
  });
  await expect(lag.of('group', orders)).rejects.toThrow(`there is no topic ${orders}`);
  expect(await lag.of('group', mails)).toBe(all - 2);
  // Made anew, it is known again.
  await ensureTopics(kafka, [orders], { partitions: 1, replicationFactor: 1 });
  await until('the new topic', async () => (await lag.of('group', orders).catch(() => -1)) === 0);
});
