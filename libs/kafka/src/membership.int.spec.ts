import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload } from '@nestjs/microservices';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { deadLetterTopic, defineMessage } from '#libs/contracts';
import { requireEnv, until } from '#libs/testing';
import { brokerLine } from './broker-line.testing.js';
import { ensureTopics, KafkaEventStrategy, Producer, SILENT } from './index.js';

const PARTITIONS = 6;
const SILENT_MS = 3_000;
const TAKEN_OVER_MS = 2_000;
const broker = requireEnv('KAFKA_BROKERS');
const { kafka } = brokerLine(broker);
const producer = new Producer(kafka);

interface Replica {
  readonly app: INestMicroservice;
  readonly handled: number[];
  /** Undefined when its consumers are well. */
  complaint(): string | undefined;
}

let topic: string;
let replicas: Replica[] = [];

/** Another of the same group, by a line of its own. */
async function replica(client = kafka): Promise<Replica> {
  const handled: number[] = [];
  const type = `test.${topic}`;
  const schema = z.object({ n: z.number() });
  const of = { type, topic, summary: '', schema, example: { n: 1 } };
  const definition = defineMessage({ ...of, key: ({ n }) => String(n) });
  @Controller()
  class Counting {
    @EventPattern<string>(type)
    count(@Payload() { n }: { n: number }): void {
      handled.push(n);
    }
  }
  @Module({ controllers: [Counting] })
  class App {}
  let check: () => void = () => undefined;
  const strategy = new KafkaEventStrategy({
    ...{ kafka: client, groupPrefix: 'test', catalogue: [definition], deadLetters: producer },
    inbox: {
      async run(_, messages, handle) {
        for (const index of messages.keys()) await handle(index, undefined);
      },
    },
    logger: SILENT,
    health: { failReadiness: () => undefined, register: (_, registered) => void (check = registered) },
    silentMs: SILENT_MS,
  });
  const app = await NestFactory.createMicroservice(App, { strategy, logger: false });
  await app.listen();
  const complaint = (): string | undefined => {
    try {
      check();
      return undefined;
    } catch (error) {
      return String(error);
    }
  };
  const started = { app, handled, complaint };
  replicas.push(started);
  return started;
}

/** One message to each partition. */
async function publishToAll(): Promise<void> {
  const messages = Array.from({ length: PARTITIONS }, (_, partition) => ({
    ...{ partition, key: 'k', value: JSON.stringify({ n: partition }) },
    headers: { ce_id: randomUUID(), ce_type: `test.${topic}` },
  }));
  const plain = kafka.producer();
  await plain.connect();
  await plain.send({ topic, messages });
  await plain.disconnect();
}

beforeEach(async () => {
  topic = `t-${randomUUID()}`;
  replicas = [];
  const shape = { partitions: PARTITIONS, replicationFactor: 1 };
  await ensureTopics(kafka, [topic, deadLetterTopic(topic)], shape);
});
afterEach(() => Promise.all(replicas.map(({ app }) => app.close())));
afterAll(() => producer.stop());

it('a replica that ends in order hands its partitions over at once', async () => {
  const leaving = await replica();
  const staying = await replica();
  await until('both to have a share', async () => {
    await publishToAll();
    return leaving.handled.length > 0 && staying.handled.length > 0;
  });
  const before = staying.handled.length;
  const begun = performance.now();
  const closed = leaving.app.close();
  await closed;
  await publishToAll();
  await until('all of it', () => new Set(staying.handled.slice(before)).size === PARTITIONS);
  expect(performance.now() - begun).toBeLessThan(TAKEN_OVER_MS);
  replicas = [staying];
});

it('is not ready while the broker is away, and ready again when it is back', async () => {
  const line = brokerLine(broker);
  const { complaint } = await replica(line.kafka);
  expect(complaint()).toBeUndefined();
  line.cut();
  await until('the complaint', () => complaint() !== undefined, { timeoutMs: SILENT_MS * 3 });
  expect(complaint()).toContain(topic);
  line.mend();
  await until('the group to be joined again', () => complaint() === undefined, { timeoutMs: 20_000 });
});

it('stays ready while others come and go, and where it has no share', async () => {
  const first = await replica();
  const complaints: string[] = [];
  const watch = setInterval(() => complaints.push(...replicas.flatMap((one) => one.complaint() ?? [])), 20);
  while (replicas.length < PARTITIONS + 1) await replica();
  const leaving = replicas.splice(1, 3);
  await Promise.all(leaving.map(({ app }) => app.close()));
  await publishToAll();
  const all = (): number => new Set(replicas.flatMap(({ handled }) => handled)).size;
  await until('the others to go on', () => all() === PARTITIONS);
  clearInterval(watch);
  expect(complaints).toEqual([]);
  expect(first.complaint()).toBeUndefined();
});
