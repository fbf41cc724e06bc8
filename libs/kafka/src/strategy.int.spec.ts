import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deadLetterTopic, defineMessage } from '#libs/contracts';
import { requireEnv, until } from '#libs/testing';
import {
  Consumer,
  createKafka,
  ensureTopics,
  type InboxPort,
  KafkaEventStrategy,
  type MessageContext,
  PermanentError,
  Producer,
  tail,
  type TailedMessage,
  type Tombstone,
  tombstonesWithin,
} from './index.js';

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const kafka = createKafka({ brokers: [requireEnv('KAFKA_BROKERS')], clientId: 'test', logger: silent });
const producer = new Producer(kafka);
const HandlesTombstone = tombstonesWithin<unknown>();
const schema = z.object({ n: z.number() });

/** An inbox in memory that keeps nothing of a call that throws. */
function memoryInbox(seen: Set<string>): InboxPort {
  return {
    async run(consumer, messages, handle) {
      const now = new Set<string>();
      for (const [index, { id }] of messages.entries()) {
        const slot = `${consumer}/${id}`;
        if (seen.has(slot) || now.has(slot)) continue;
        await handle(index, undefined);
        now.add(slot);
      }
      now.forEach((slot) => seen.add(slot));
    },
  };
}

let topic: string;
let handled: { n: number; context: MessageContext }[];
let fail: (n: number) => unknown;
let seen: Set<string>;
let failures: string[];
const apps: INestMicroservice[] = [];

const numberCounted = () =>
  defineMessage({
    type: `test.${topic}`,
    topic,
    summary: '',
    schema,
    key: (d) => String(d.n),
    example: { n: 1 },
  });

/** With `onRemoved`, it handles tombstones, too. */
async function startApp(onRemoved?: (key: string) => void): Promise<INestMicroservice> {
  const definition = numberCounted();
  @Consumer()
  class Counting {
    @EventPattern<string>(definition.type)
    count(@Payload() data: { n: number }, @Ctx() context: MessageContext): void {
      const error = fail(data.n);
      if (error !== undefined) throw error as Error;
      handled.push({ n: data.n, context });
    }
  }
  @Consumer()
  class Removing {
    @HandlesTombstone(definition)
    async removed({ key }: Tombstone): Promise<void> {
      await Promise.resolve(onRemoved?.(key));
    }
  }
  @Module({ controllers: [Counting, ...(onRemoved === undefined ? [] : [Removing])] })
  class App {}
  const strategy = new KafkaEventStrategy({
    kafka,
    groupPrefix: 'test',
    catalogue: [definition],
    inbox: memoryInbox(seen),
    deadLetters: producer,
    logger: silent,
    health: { failReadiness: (reason) => failures.push(reason), register: () => undefined },
    backoffMs: 10,
  });
  const app = await NestFactory.createMicroservice(App, { strategy, logger: false });
  await app.listen();
  apps.push(app);
  return app;
}

const send = (...numbers: number[]) =>
  producer.publish(
    numbers.map((n) => ({ topic, key: 'k', type: `test.${topic}`, id: `${topic}-${n}`, data: { n } })),
  );
const numbers = () => handled.map((h) => h.n);

async function deadLetters(): Promise<{ found: TailedMessage[]; stop(): Promise<void> }> {
  const found: TailedMessage[] = [];
  const { stop } = await tail(kafka, {
    topics: [deadLetterTopic(topic)],
    from: 'beginning',
    onMessage: (m) => found.push(m),
  });
  return { found, stop };
}

async function committed(): Promise<bigint> {
  const admin = kafka.admin();
  await admin.connect();
  const groups = await admin.fetchOffsets({ groupId: `test.${topic}`, topics: [topic] });
  await admin.disconnect();
  return (groups[0]?.partitions ?? []).reduce(
    (sum, p) => sum + (BigInt(p.offset) > 0n ? BigInt(p.offset) : 0n),
    0n,
  );
}

beforeEach(async () => {
  topic = `t-${randomUUID()}`;
  handled = [];
  failures = [];
  seen = new Set();
  fail = () => undefined;
  await ensureTopics(kafka, [topic, deadLetterTopic(topic)], { partitions: 3, replicationFactor: 1 });
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});
afterAll(() => producer.stop());

describe('the consumer', () => {
  it('a new group begins at the beginning and keeps the order of a key', async () => {
    const many = Array.from({ length: 120 }, (_, n) => n);
    await send(...many);
    await startApp();
    await until('all', () => handled.length === many.length);
    expect(numbers()).toEqual(many);
    expect(handled[0]?.context).toMatchObject({ id: `${topic}-0`, topic, key: 'k' });
  });

  it('commits offset + 1, so that a restart neither repeats nor skips', async () => {
    await send(1, 2);
    const app = await startApp();
    await until('both', () => handled.length === 2);
    await until('the commit', async () => (await committed()) === 2n);
    await app.close();
    apps.splice(0);
    seen.clear();
    await send(3);
    await startApp();
    await until('the third', () => numbers().includes(3));
    expect(numbers()).toEqual([1, 2, 3]);
  });

  it('that ends leaves nothing that it handled to be read again', async () => {
    await send(1, 2);
    const app = await startApp();
    await until('both', () => handled.length === 2);
    await app.close();
    apps.splice(0);
    expect(await committed()).toBe(2n);
  });

  it('handles a message once, however often it is sent', async () => {
    await startApp();
    await send(1);
    await send(1, 1, 2);
    await until('the last', () => numbers().includes(2));
    expect(numbers()).toEqual([1, 2]);
  });

  it('a body alone is accepted, with its place as its id', async () => {
    await startApp();
    await producer.forward(topic, { key: null, value: Buffer.from('{"n":7}'), headers: {} });
    await until('it', () => handled.length === 1);
    expect(handled[0]?.context.id).toMatch(new RegExp(`^${topic}/\\d+/0$`));
  });

  it('a poison message blocks nothing: it is dead-lettered with its reason, as it came', async () => {
    const letters = await deadLetters();
    await startApp();
    await producer.forward(topic, {
      key: Buffer.from('k'),
      value: Buffer.from('{"n":'),
      headers: { mine: 'kept' },
    });
    await producer.forward(topic, { key: Buffer.from('k'), value: Buffer.from('{"n":"one"}'), headers: {} });
    await producer.forward(topic, {
      key: Buffer.from('k'),
      value: Buffer.from('{"n":1}'),
      headers: { ce_type: 'unknown' },
    });
    await send(4);
    await until('the good one', () => handled.length === 1);
    await until('the letters', () => letters.found.length === 3);
    const reasons = letters.found.map((m) => m.headers['slipway-dead-letter-reason'] ?? '');
    expect(letters.found[0]).toMatchObject({ data: '{"n":', headers: { mine: 'kept' } });
    expect(reasons[0]).toContain('not valid JSON at line 1, column 6');
    expect(reasons[1]).toContain('n: ');
    expect(reasons[2]).toContain('ce_type: unknown');
    await letters.stop();
  });

  it('a tombstone reaches a consumer that handles tombstones, and is a dead letter of any other', async () => {
    const letters = await deadLetters();
    const tombstone = { key: Buffer.from('5'), value: null, headers: {} };
    const other = await startApp();
    await producer.forward(topic, tombstone);
    await until('the letter', () => letters.found.length === 1);
    expect(letters.found[0]?.headers['slipway-dead-letter-reason']).toBe('the message has no body');
    await other.close();
    apps.splice(0);
    const removed: string[] = [];
    await startApp((key) => removed.push(key));
    await send(5);
    await producer.forward(topic, tombstone);
    await until('what was removed', () => removed.length === 1);
    expect([removed, numbers()]).toEqual([['5'], [5]]);
    expect(letters.found).toHaveLength(1);
    await letters.stop();
  });

  it('a permanent error is dead-lettered at once, its neighbours in the chunk are kept', async () => {
    const letters = await deadLetters();
    const calls: number[] = [];
    fail = (n) => {
      calls.push(n);
      return n === 2 ? new PermanentError('NO', 'never') : undefined;
    };
    await send(1, 2, 3);
    await startApp();
    await until('the last', () => numbers().includes(3));
    await until('the letter', () => letters.found.length === 1);
    expect(letters.found[0]).toMatchObject({
      data: { n: 2 },
      headers: { 'slipway-dead-letter-reason': 'never' },
    });
    expect(numbers().filter((n) => n === 3)).toHaveLength(1);
    await letters.stop();
  });

  it('a retriable error holds its partition until it works, in order, and loses nothing', async () => {
    let broken = true;
    let attempts = 0;
    fail = (n) => {
      if (n === 2) attempts += 1;
      return n === 2 && broken ? new Error('database away') : undefined;
    };
    await startApp();
    await send(1, 2, 3);
    await until('several tries', () => attempts >= 4);
    expect(numbers().includes(3)).toBe(false);
    broken = false;
    await until('the last', () => numbers().includes(3));
    expect(numbers().slice(-2)).toEqual([2, 3]);
  });

  it('a TypeError in a handler does not stop the consumer: a few tries, then the dead letters', async () => {
    const letters = await deadLetters();
    fail = (n) => (n === 1 ? new TypeError('x is undefined') : undefined);
    await startApp();
    await send(1, 2);
    await until('the next one', () => numbers().includes(2));
    await until('the letter', () => letters.found.length === 1);
    expect(failures).toEqual([]);
    await letters.stop();
  });

  it('refuses a handler for a message that the catalogue does not know', async () => {
    const strategy = new KafkaEventStrategy({
      kafka,
      groupPrefix: 'test',
      catalogue: [],
      inbox: memoryInbox(seen),
      deadLetters: producer,
      logger: silent,
      health: { failReadiness: () => undefined, register: () => undefined },
    });
    strategy.addHandler('no.such.type', () => Promise.resolve(undefined as never), true);
    const error = await new Promise((resolve) => strategy.listen(resolve));
    expect(String(error)).toContain('no.such.type');
  });
});

describe('tail', () => {
  it('from the end sees exactly what is published after it resolved', async () => {
    await send(1);
    const found: unknown[] = [];
    const { stop } = await tail(kafka, {
      topics: [topic],
      from: 'end',
      onMessage: (m) => found.push(m.data),
    });
    await send(2);
    await until('it', () => found.length > 0);
    await stop();
    expect(found).toEqual([{ n: 2 }]);
  });
});
