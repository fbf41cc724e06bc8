import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { defineMessage } from '#libs/contracts';
import {
  createKafka,
  ensureTopics,
  type PlatformKafka,
  Producer,
  SILENT,
  tail,
  TopicConsumer,
} from '#libs/kafka';
import { until } from '#libs/testing';
import { startBrokers } from '../../scripts/one-machine/kafka.js';
import type { RunningPart } from '../../scripts/one-machine/part.js';
import { cacheDirectory, claimSlot, type Slot } from '../../scripts/one-machine/slot.js';
import { Lag } from './lag.js';

const PARTITIONS = 6;
const OFFSETS_TOPIC = '__consumer_offsets';
const EVERY_MS = 50;
const BEFORE_MS = 2_000;
const AWAY_MS = 6_000;
const AFTER_MS = 4_000;
/**
 * The brokers miss one of theirs after 3 s, and where it led their quorum only once they have elected another (2 to 3 s);
 * the rest is for finding the new leaders.
 */
const LONGEST_MS = 10_000;

let slot: Slot;
let brokers: RunningPart;
beforeAll(async () => {
  slot = await claimSlot();
  brokers = await startBrokers({ slot, cache: cacheDirectory(), report: () => undefined, breakable: true });
});
afterAll(async () => {
  await brokers.stop();
  await slot.release();
});

const client = (): PlatformKafka =>
  createKafka({
    brokers: String(brokers.env['KAFKA_BROKERS']).split(','),
    clientId: `killed-${randomUUID()}`,
    logger: SILENT,
  });

/** As Kafka does: by Java's hash of the group's name. */
const partitionOf = (groupId: string, partitions: number): number =>
  Math.abs([...groupId].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0, 0)) %
  partitions;

async function leadersOf(topic: string): Promise<readonly number[]> {
  const admin = client().admin();
  await admin.connect();
  const known = await admin.fetchTopicMetadata({ topics: [topic] });
  await admin.disconnect();
  const partitions = known.topics[0]?.partitions ?? [];
  return [...partitions].sort((a, b) => a.partitionId - b.partitionId).map(({ leader }) => leader);
}

async function tailingGroup(): Promise<string> {
  const admin = client().admin();
  await admin.connect();
  const { groups } = await admin.listGroups();
  await admin.disconnect();
  return String(groups.find(({ groupId }) => groupId.startsWith('slipway.tail.'))?.groupId);
}

const schema = z.object({ n: z.number() });

function member(topic: string, groupId: string, handled: (n: number) => void): TopicConsumer {
  const kafka = client();
  const of = { type: 'test', topic, summary: '', schema, example: { n: 1 } };
  return new TopicConsumer({
    ...{ kafka, groupId, topic, logger: SILENT, chunkSize: 50, backoffMs: 200 },
    definitions: [defineMessage({ ...of, key: ({ n }) => String(n) })],
    deadLetters: new Producer(kafka),
    inbox: {
      async run(_, messages, handle) {
        for (const index of messages.keys()) await handle(index, undefined);
      },
    },
    handle: ({ data }) => Promise.resolve(handled(schema.parse(data).n)),
    onFatal: (error) => {
      throw error;
    },
  });
}

interface Groups {
  /** Leads a share of the topic, and coordinates both groups. */
  readonly victim: number;
  readonly groupId: string;
}

/** Of the group that reads along already, and of another that shall have the same coordinator. */
async function groupsOfOneCoordinator(topic: string): Promise<Groups> {
  const leaders = await leadersOf(OFFSETS_TOPIC);
  const coordinatorOf = (groupId: string): number => Number(leaders[partitionOf(groupId, leaders.length)]);
  const victim = coordinatorOf(await tailingGroup());
  expect(await leadersOf(topic)).toContain(victim);
  for (let n = 0; ; n += 1)
    if (coordinatorOf(`${topic}.${n}`) === victim) return { victim, groupId: `${topic}.${n}` };
}

/** Publishes evenly to all partitions; `lags` begin with each publication. */
class Publisher {
  readonly acknowledged = new Lag();
  private readonly producer = new Producer(client());
  private readonly publications: Promise<void>[] = [];
  private n = 0;

  constructor(
    private readonly topic: string,
    private readonly lags: readonly Lag[],
  ) {}

  async publishFor(ms: number): Promise<void> {
    for (const over = performance.now() + ms; performance.now() < over; await delay(EVERY_MS))
      this.publications.push(this.publish((this.n += 1)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.publications);
    await this.producer.stop();
  }

  private async publish(n: number): Promise<void> {
    for (const lag of [this.acknowledged, ...this.lags]) lag.begin(n);
    const message = { key: String(n), type: 'test', id: `${this.topic}-${n}`, data: { n } };
    await this.producer.publish([{ topic: this.topic, ...message }]);
    this.acknowledged.end(n);
  }
}

it('a broker that is killed holds up nothing for much longer than the others take to miss it', async () => {
  const topic = `t-${randomUUID()}`;
  await ensureTopics(client(), [topic], { partitions: PARTITIONS, replicationFactor: 3 });
  const handled = new Lag();
  const tailed = new Lag();
  const reading = await tail(client(), {
    ...{ topics: [topic], from: 'end' },
    onMessage: ({ data }) => tailed.end(schema.parse(data).n),
  });
  const { victim, groupId } = await groupsOfOneCoordinator(topic);
  const members = [1, 2].map(() => member(topic, groupId, (n) => handled.end(n)));
  await Promise.all(members.map((one) => one.start()));
  const publisher = new Publisher(topic, [handled, tailed]);
  await publisher.publishFor(BEFORE_MS);
  const server = brokers.servers?.find(({ name }) => name === `Kafka ${victim}`);
  await Promise.all([server?.kill(), publisher.publishFor(AWAY_MS)]);
  await Promise.all([server?.start(), publisher.publishFor(AFTER_MS)]);
  await publisher.stop();
  const isAllThere = (): boolean => handled.missing + tailed.missing === 0;
  await until('all to be handled and read', isAllThere, { timeoutMs: 45_000 });
  const longest = [publisher.acknowledged, handled, tailed].map(({ longestMs }) => longestMs);
  await Promise.all([...members.map((one) => one.stop()), reading.stop()]);
  console.log(`longest until acknowledged, handled, read along: ${longest.join(', ')} ms`);
  expect(Math.max(...longest)).toBeLessThan(LONGEST_MS);
}, 120_000);
