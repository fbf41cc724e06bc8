import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { deadLetterTopic, defineMessage } from '#libs/contracts';
import { requireEnv, until } from '#libs/testing';
import { createKafka, ensureTopics, PermanentError, Producer, SILENT, TopicConsumer } from './index.js';
import type { InvalidMessage } from './message-context.js';

const kafka = createKafka({ brokers: [requireEnv('KAFKA_BROKERS')], clientId: 'away', logger: SILENT });
const producer = new Producer(kafka);
const schema = z.object({ n: z.number() });
const BACKOFF_MS = 50;
/** Waits of 50, 100, 200 and 400 ms lie between them. */
const TRIES = 5;
const WAITED_MS = 740;

let topic: string;
let handled: number[];
let closing: (() => Promise<void>)[];

/** When it was tried, until it works. */
class Away {
  readonly triedAt: number[] = [];

  attempt(): Promise<void> {
    this.triedAt.push(performance.now());
    return this.triedAt.length < TRIES ? Promise.reject(new Error('away')) : Promise.resolve();
  }

  waitedMs(): number {
    return (this.triedAt[TRIES - 1] ?? NaN) - (this.triedAt[0] ?? NaN);
  }
}

interface Given {
  readonly onInvalid?: (invalid: InvalidMessage) => Promise<void>;
  readonly deadLetters?: Producer;
  readonly fail?: (n: number) => Error | undefined;
  readonly before?: (n: number) => Promise<void>;
}

async function consume({ onInvalid, deadLetters = producer, fail, before }: Given): Promise<void> {
  const of = { type: 'test', topic, summary: '', schema, example: { n: 1 } };
  const consumer = new TopicConsumer({
    ...{ kafka, groupId: `test.${topic}`, topic, logger: SILENT, chunkSize: 50, backoffMs: BACKOFF_MS },
    ...{ onInvalid, deadLetters },
    definitions: [defineMessage({ ...of, key: ({ n }) => String(n) })],
    inbox: {
      async run(_, messages, handle) {
        for (const index of messages.keys()) await handle(index, undefined);
      },
    },
    handle: async ({ data }) => {
      const { n } = schema.parse(data);
      await before?.(n);
      const error = fail?.(n);
      if (error !== undefined) throw error;
      handled.push(n);
    },
    onFatal: (error) => expect.unreachable(error.message),
  });
  closing.push(() => consumer.stop());
  await consumer.start();
}

const send = async (...bodies: string[]): Promise<void> => {
  for (const body of bodies)
    await producer.forward(topic, { key: null, value: Buffer.from(body), headers: {}, partition: 0 });
};

beforeEach(async () => {
  topic = `t-${randomUUID()}`;
  [handled, closing] = [[], []];
  await ensureTopics(kafka, [topic, deadLetterTopic(topic)], { partitions: 1, replicationFactor: 1 });
});
afterEach(async () => {
  await Promise.all(closing.map((close) => close()));
});
afterAll(() => producer.stop());

it('a message that does not parse while the database is away was read again without a pause', async () => {
  const database = new Away();
  await send('{"n":1}', '{"n":', '{"n":2}');
  await consume({ onInvalid: () => database.attempt() });
  await until('the one behind it', () => handled.includes(2));
  expect(handled).toEqual([1, 2]);
  expect(database.triedAt).toHaveLength(TRIES);
  expect(database.waitedMs()).toBeGreaterThanOrEqual(WAITED_MS);
});

it('a message that nobody can be told of, for a bug, held its partition for ever: a dead letter after three tries', async () => {
  let told = 0;
  await send('{"n":', '{"n":2}');
  await consume({
    onInvalid: () => {
      told += 1;
      return Promise.reject(new TypeError('a bug'));
    },
  });
  await until('the one behind it', () => handled.includes(2));
  expect(told).toBe(3);
});

it('a message that does not parse, behind one that is tried again, went to the dead letters at each try', async () => {
  const database = new Away();
  const letters: unknown[] = [];
  const order: unknown[] = [];
  const deadLetters = Object.assign(Object.create(producer) as Producer, {
    forward: (_: string, record: unknown) => Promise.resolve(void letters.push(record)),
  });
  await send('{"n":1}', '{"n":', '{"n":2}');
  await consume({
    deadLetters,
    before: async (n) => {
      if (n === 1) await database.attempt();
      order.push(n);
    },
    onInvalid: () => Promise.resolve(void order.push('refused')),
  });
  await until('the last', () => handled.includes(2));
  expect(letters).toHaveLength(1);
  expect(order).toEqual([1, 'refused', 2]);
});

it.each([
  ['does not parse', '{"n":'],
  ['is refused', '{"n":7}'],
])('a message that %s while no dead letter is taken was read again without a pause', async (_, body) => {
  const broker = new Away();
  const deadLetters = Object.assign(Object.create(producer) as Producer, { forward: () => broker.attempt() });
  await send(body, '{"n":2}');
  await consume({
    deadLetters,
    fail: (n) => (n === 7 ? new PermanentError('NO', 'never') : undefined),
  });
  await until('the one behind it', () => handled.includes(2));
  expect(broker.triedAt).toHaveLength(TRIES);
  expect(broker.waitedMs()).toBeGreaterThanOrEqual(WAITED_MS);
});
