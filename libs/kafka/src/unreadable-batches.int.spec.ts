import { randomUUID } from 'node:crypto';
import type { KafkaMessage } from 'kafkajs';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deadLetterTopic, defineMessage } from '#libs/contracts';
import {
  type BatchParts,
  type Codec,
  codecs,
  compress,
  encodeBatch,
  encodeRecord,
  produceRaw,
  requireEnv,
  until,
  varint,
  wasTaken,
} from '#libs/testing';
import {
  createKafka,
  ensureTopics,
  headersOf,
  type LogSink,
  Producer,
  SILENT,
  tail,
  TopicConsumer,
} from './index.js';

const broker = requireEnv('KAFKA_BROKERS');
const said: string[] = [];
const logger: LogSink = { ...SILENT, warn: (_, message) => said.push(message) };
const kafka = createKafka({ brokers: [broker], clientId: 'unreadable', logger });
const producer = new Producer(kafka);
const schema = z.object({ n: z.number() });
const MIB = 1_048_576;

let topic: string;
let handled: number[];
let fatal: Error[];
let closing: (() => Promise<void>)[];

async function consume(): Promise<void> {
  const of = { type: 'test', topic, summary: '', schema, example: { n: 1 } };
  const consumer = new TopicConsumer({
    ...{ kafka, groupId: `test.${topic}`, topic, logger: SILENT, chunkSize: 50, backoffMs: 10 },
    definitions: [defineMessage({ ...of, key: ({ n }) => String(n) })],
    deadLetters: producer,
    inbox: {
      async run(_, messages, handle) {
        for (const index of messages.keys()) await handle(index, undefined);
      },
    },
    handle: ({ data }) => Promise.resolve(void handled.push(schema.parse(data).n)),
    onFatal: (error) => fatal.push(error),
  });
  closing.push(() => consumer.stop());
  await consumer.start();
}

/** The dead letters as they are, with kafkajs alone. */
async function letters(): Promise<KafkaMessage[]> {
  const found: KafkaMessage[] = [];
  const consumer = kafka.consumer({ groupId: `letters.${topic}`, maxWaitTimeInMs: 100 });
  closing.push(() => consumer.disconnect());
  await consumer.connect();
  await consumer.subscribe({ topic: deadLetterTopic(topic), fromBeginning: true });
  await consumer.run({ eachMessage: ({ message }) => Promise.resolve(void found.push(message)) });
  return found;
}

const record = (n: number): { value: Buffer } => ({ value: Buffer.from(JSON.stringify({ n })) });
const produce = (parts: BatchParts) => produceRaw(broker, { topic, partition: 0 }, encodeBatch(parts));
const goodOne = (n: number) => produce({ records: [record(n)] });

beforeEach(async () => {
  topic = `t-${randomUUID()}`;
  [handled, fatal, closing] = [[], [], []];
  said.length = 0;
  await ensureTopics(kafka, [topic, deadLetterTopic(topic)], { partitions: 1, replicationFactor: 1 });
});
afterEach(async () => {
  await Promise.all(closing.map((close) => close()));
  expect(fatal).toEqual([]);
});
afterAll(() => producer.stop());

it.each(codecs)('one compressed message stopped the platform: it is handled (%s)', async (codec) => {
  await consume();
  expect(await produce({ codec, records: [record(1), record(2)] })).toMatchObject({ error: 0 });
  await goodOne(3);
  await until('all', () => handled.length === 3);
  expect(handled).toEqual([1, 2, 3]);
});

const halves = [1, 2].map((n) => encodeRecord(record(n), n - 1));
const inTwo = (codec: Codec): Buffer => Buffer.concat(halves.map((half) => compress(codec, half)));
const whole = (codec: Codec): Buffer => compress(codec, Buffer.concat(halves));
const surplus = Buffer.from('surplus bytes, more than a header and a trailer');
const skipped = Buffer.from('502a4d1803000000aabbcc', 'hex');

it.each<readonly [string, Codec, Buffer]>([
  ['two frames of zstd', 'zstd', inTwo('zstd')],
  ['a zstd frame that is to be skipped', 'zstd', Buffer.concat([skipped, whole('zstd')])],
  ['two members of gzip', 'gzip', inTwo('gzip')],
  ['surplus bytes behind gzip', 'gzip', Buffer.concat([whole('gzip'), surplus])],
  ['surplus bytes behind lz4', 'lz4', Buffer.concat([whole('lz4'), surplus])],
  ['two framings of snappy', 'xerial', inTwo('xerial')],
])('a message that Kafka takes went to the dead letters: it is handled (%s)', async (_, codec, payload) => {
  await consume();
  expect(await produce({ codec, payload, count: 2 })).toMatchObject({ error: 0 });
  await goodOne(3);
  await until('all', () => handled.includes(3));
  expect(handled).toEqual([1, 2, 3]);
});

/** What Apache Kafka 4.1 takes from a client although no consumer should: it reads lengths below -1 as null. */
const NEGATIVE_KEY = Buffer.from([12, 0, 0, 0, 3, 1, 0]);
const bomb = (codec: 'gzip' | 'zstd' | 'lz4'): BatchParts => ({
  codec,
  payload: compress(codec, encodeRecord({ value: Buffer.alloc(33 * MIB) }, 0)),
  count: 1,
});
const taken: readonly (readonly [string, () => BatchParts, string])[] = [
  ...codecs.map(
    (codec) =>
      [
        `a negative length (${codec})`,
        () => ({ codec, payload: compress(codec, NEGATIVE_KEY), count: 1 }),
        'a length is -2',
      ] as const,
  ),
  [
    'an offset of another batch',
    () => ({ records: [{ ...record(1), offsetDelta: 1_000_000 }] }),
    'offset 1000000',
  ],
  ['an offset before its batch', () => ({ records: [{ ...record(1), offsetDelta: -1 }] }), 'offset -1'],
  [
    'an offset that comes twice',
    () => ({ records: [record(1), { ...record(2), offsetDelta: 0 }] }),
    'follows 0',
  ],
  ['33 MB in a batch of gzip', () => bomb('gzip'), 'gzip: '],
  ['33 MB in a batch of lz4', () => bomb('lz4'), 'lz4: more than'],
  ['33 MB in a batch of zstd', () => bomb('zstd'), 'zstd: '],
];

describe('a batch that no consumer can read, and the broker takes', () => {
  it.each(taken)(
    'goes to the dead letters whole, and the partition goes on: %s',
    async (_, parts, reason) => {
      const found = await letters();
      await consume();
      await goodOne(1);
      const sent = encodeBatch(parts());
      const produced = await produceRaw(broker, { topic, partition: 0 }, sent);
      expect(produced).toEqual({ error: 0, baseOffset: 1n });
      await goodOne(2);
      await until('the one behind it', () => handled.includes(2));
      await until('the dead letter', () => found.length === 1);
      expect(handled).toEqual([1, 2]);
      const [letter] = found;
      const last = encodeBatch(parts()).readInt32BE(23);
      expect(headersOf(letter ?? {})).toMatchObject({
        'slipway-dead-letter-topic': topic,
        'slipway-dead-letter-partition': '0',
        'slipway-dead-letter-offset': '1',
        'slipway-dead-letter-last-offset': String(1 + last),
      });
      expect(headersOf(letter ?? {})['slipway-dead-letter-reason']).toContain(reason);
      // The broker writes the base offset, and its epoch.
      expect(letter?.value?.readBigInt64BE()).toBe(1n);
      expect(letter?.value?.subarray(16).equals(sent.subarray(16))).toBe(true);
    },
  );
});

describe('a batch that the broker refuses', () => {
  const payload = encodeRecord(record(1), 0);
  it.each<readonly [string, BatchParts]>([
    ['an unknown codec', { attributes: 6, payload, count: 1 }],
    ['bytes that no codec reads', { codec: 'zstd', payload, count: 1 }],
    ['more records than are there', { payload, count: 2 }],
    [
      'headers that are not there',
      { payload: Buffer.concat([Buffer.from([20, 0, 0, 0, 1, 1]), varint(1e9)]), count: 1 },
    ],
    ['another magic', { magic: 3, payload, count: 1 }],
  ])('comes to nobody: %s', async (_, parts) => {
    expect(wasTaken(await produce(parts))).toBe(false);
  });
});

it('many small batches that are large inside are handled one after another', async () => {
  await consume();
  const filled = JSON.stringify({ n: 0, filler: 'x'.repeat(MIB / 2) });
  const records = Array.from({ length: 15 }, () => ({ value: Buffer.from(filled) }));
  for (let n = 0; n < 8; n += 1) expect(wasTaken(await produce({ codec: 'zstd', records }))).toBe(true);
  await goodOne(1);
  await until('the last', () => handled.includes(1), { timeoutMs: 30_000 });
  expect(handled).toHaveLength(121);
});

it('a header without a value, and one of odd bytes, hold nothing up', async () => {
  const found = await letters();
  await consume();
  const odd = [
    ['none', null],
    ['', Buffer.from([0xff, 0xfe, 0])],
    ['__proto__', Buffer.from('x')],
    ['ce_time', null],
  ] as const;
  await produce({ records: [{ ...record(1), headers: odd }] });
  await produce({
    records: [
      { value: Buffer.from('{'), headers: odd },
      { value: null, headers: odd },
    ],
  });
  await goodOne(2);
  await until('both', () => handled.length === 2);
  await until('what has no body, or no JSON', () => found.length === 2);
});

it('a key of a megabyte, which kafkajs needs minutes to hash, goes to the dead letters without it', async () => {
  const found = await letters();
  await consume();
  const key = Buffer.alloc(MIB, 'k');
  await produce({ codec: 'zstd', records: [{ ...record(1), key }] });
  await goodOne(2);
  await until('the one behind it', () => handled.includes(2));
  await until('the dead letter', () => found.length === 1);
  expect(handled).toEqual([2]);
  expect(headersOf(found[0] ?? {})['slipway-dead-letter-reason']).toContain('expected at most');
});

async function inTransaction(n: number, end: 'commit' | 'abort'): Promise<void> {
  const transactional = kafka.producer({
    transactionalId: `${topic}.${n}`,
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await transactional.connect();
  const transaction = await transactional.transaction();
  await transaction.send({ topic, messages: [record(n)] });
  await transaction[end]();
  await transactional.disconnect();
}

it('transactions: the committed are handled, the aborted are not, and their markers hold nothing up', async () => {
  await consume();
  await inTransaction(1, 'commit');
  await inTransaction(2, 'abort');
  await inTransaction(3, 'commit');
  await until('the last', () => handled.includes(3));
  expect(handled).toEqual([1, 3]);
});

describe('reading along', () => {
  it('passes over what cannot be read, says so once, and goes on', async () => {
    const seen: unknown[] = [];
    const read: string[] = [];
    const reading = await tail(kafka, {
      ...{ topics: [topic], from: 'beginning' },
      onMessage: ({ data }) => {
        if (data === 'mine') throw new TypeError('a fault of the reader');
        seen.push(data);
      },
      onReadUpTo: ({ offset }) => read.push(offset),
    });
    closing.push(() => reading.stop());
    for (let n = 0; n < 2; n += 1) await produce({ payload: NEGATIVE_KEY, count: 1 });
    await produce({ records: [{ value: Buffer.from('"mine"') }] });
    await produce({ records: [{ ...record(1), headers: [['none', null]] }] });
    await until('the one behind them', () => seen.length > 0);
    expect(seen).toEqual([{ n: 1 }]);
    expect(said.filter((message) => message.includes('passed over'))).toHaveLength(1);
    await until('the end', () => read.includes('3'));
  });

  it('knows the end of a topic also where no message is: a marker, or what cannot be read', async () => {
    await inTransaction(1, 'commit');
    let end = '';
    const reading = await tail(kafka, {
      ...{ topics: [topic], from: 'beginning' },
      onMessage: () => undefined,
      onReadUpTo: ({ offset }) => (end = offset),
    });
    closing.push(() => reading.stop());
    await until('the marker, which is behind the message', () => end === '1');
    await produce({ payload: NEGATIVE_KEY, count: 1 });
    await until('what cannot be read', () => end === '2');
  });
});
