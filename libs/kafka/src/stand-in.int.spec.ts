import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { defineMessage } from '#libs/contracts';
import { requireEnv, until } from '#libs/testing';
import { createKafka, ensureTopics, type InboxPort, Producer, SILENT } from './index.js';
import { StandIn } from './stand-in.js';

const kafka = createKafka({ brokers: [requireEnv('KAFKA_BROKERS')], clientId: 'test', logger: SILENT });
const producer = new Producer(kafka);
const PATIENCE_MS = 300;
let topic: string;
/** What the group has handled: its inbox. */
let seen: Set<string>;
let handled: string[];
let standIns: StandIn[];

const inbox: InboxPort = {
  async run(_, messages, handle) {
    for (const [index, { id }] of messages.entries()) {
      if (seen.has(id)) continue;
      seen.add(id);
      await handle(index, undefined);
    }
  },
  handled: (_, ids) => Promise.resolve(new Set(ids.filter((id) => seen.has(id)))),
};

async function standIn(fails: (id: string) => boolean = () => false): Promise<void> {
  const of = { type: 'test', topic, summary: '', schema: z.object({ n: z.number() }), example: { n: 1 } };
  const definition = defineMessage({ ...of, key: ({ n }) => String(n) });
  const started = new StandIn({
    ...{ kafka, inbox, logger: SILENT, patienceMs: PATIENCE_MS },
    topics: [{ topic, groupId: 'group', definitions: [definition] }],
    handle: ({ id }) => {
      if (fails(id)) return Promise.reject(new Error('refused'));
      handled.push(id);
      return Promise.resolve();
    },
  });
  standIns.push(started);
  await started.start();
}

const publish = (ids: readonly string[], data: object = { n: 1 }): Promise<void> =>
  producer.publish(ids.map((id) => ({ topic, key: 'one', type: 'test', id, data })));
const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, n) => `m${from + n}`);

beforeEach(async () => {
  topic = `stand-in-${randomUUID()}`;
  await ensureTopics(kafka, [topic], { partitions: 2, replicationFactor: 1 });
  [seen, handled, standIns] = [new Set(), [], []];
});
afterEach(() => Promise.all(standIns.map((one) => one.stop())));
afterAll(() => producer.stop());

it('what a group leaves lying is handled in its stead, in order, once by two that stand in', async () => {
  await Promise.all([standIn(), standIn()]);
  await publish(ids(0, 120));
  await until('all to be handled', () => handled.length >= 120, { timeoutMs: 5_000 });
  expect(handled).toEqual(ids(0, 120));
});

it('a group that gets on is left to it, however long its backlog is', async () => {
  await standIn();
  await publish(ids(0, 10));
  for (const id of ids(0, 10)) {
    await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS / 2));
    seen.add(id);
  }
  expect(handled).toEqual([]);
});

it('what cannot be read or handled is left to the group, and holds nothing up', async () => {
  await standIn((id) => id === 'refused');
  await publish(['unreadable'], { n: 'not a number' });
  await publish(['refused']);
  await until('both to be left', async () => {
    await new Promise((resolve) => setTimeout(resolve, 2 * PATIENCE_MS + 500));
    return true;
  });
  await publish(['next']);
  await until('the next to be handled', () => handled.includes('next'), { timeoutMs: 5_000 });
  expect(handled).toEqual(['next']);
});
