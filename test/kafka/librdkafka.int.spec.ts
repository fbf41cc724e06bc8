import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deadLetterTopic, deploymentReplied, topics } from '#libs/contracts';
import { createKafka, ensureTopics, SILENT, tail } from '#libs/kafka';
import {
  type AppProcess,
  createTestDatabase,
  encodeBatch,
  produceRaw,
  requireEnv,
  spawnApp,
  type TestDatabase,
  uniqueName,
  until,
  untilReady,
  wasTaken,
} from '#libs/testing';
import { ensurePackages } from '../../scripts/one-machine/packages.js';

const broker = requireEnv('KAFKA_BROKERS');
const topic = topics.deploymentRequests;
const scratch = mkdtempSync(join(tmpdir(), 'slipway-librdkafka-'));
/** Where a request may be answered instead; nobody made it. */
const ownReplies = uniqueName('own.replies');
const kafka = createKafka({ brokers: [broker], clientId: 'librdkafka-spec', logger: SILENT });
const replies = new Map<string, unknown>();
/** The offsets of the batches among the dead letters. */
const deadBatches = new Set<string>();
let database: TestDatabase;
let deployers: AppProcess[];
let reading: { stop(): Promise<void> };

beforeAll(async () => {
  await ensurePackages({ report: () => undefined }, { kcat: '/usr/bin/kcat' });
  database = await createTestDatabase();
  const environment = {
    ...process.env,
    ...{ DEPLOYER_DATABASE_URL: database.url, DEPLOYER_REPLY_TOPICS: ownReplies },
  };
  deployers = [spawnApp('deployer', environment), spawnApp('deployer', environment)];
  await Promise.all(deployers.map((deployer) => untilReady(deployer)));
  reading = await tail(kafka, {
    topics: [topics.deploymentResponses, deadLetterTopic(topic)],
    from: 'end',
    onMessage({ topic: on, headers, data }) {
      if (on === topics.deploymentResponses) {
        const reply = deploymentReplied.schema.parse(data);
        replies.set(
          reply.token,
          reply.services.length > 0 ? reply.services[0]?.error?.code : reply.error?.code,
        );
      } else if (headers['slipway-dead-letter-last-offset'] !== undefined)
        deadBatches.add(
          `${headers['slipway-dead-letter-partition']}/${headers['slipway-dead-letter-offset']}`,
        );
    },
  });
});

afterAll(async () => {
  await reading.stop();
  await Promise.all(deployers.map((deployer) => deployer.stop()));
  await forgetAll();
  await database.drop();
  rmSync(scratch, { recursive: true });
});

/** Later tests read the topic with clients that stop at a batch which they cannot read. */
async function forgetAll(): Promise<void> {
  await administer(async (admin) => {
    const ends = await admin.fetchTopicOffsets(topic);
    const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }));
    await admin.deleteTopicRecords({ topic, partitions });
  });
}

async function administer(work: (admin: ReturnType<typeof kafka.admin>) => Promise<void>): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await work(admin).finally(() => admin.disconnect());
}

/** As a user types it. */
async function kcat(args: readonly string[], input = ''): Promise<void> {
  const child = spawn('kcat', ['-b', broker, '-P', '-t', topic, ...args], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (said += part));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`kcat ended with ${code}: ${said}`);
}

const request = (token: string): string =>
  JSON.stringify({
    ...{ token, mode: 'build', appId: token, appName: 'Shop' },
    services: [{ name: 'web', source: { blob: `${token}.zip` } }],
  });

it('librdkafka with each codec, and batches that nobody can read: each is answered or a dead letter, and no process ends', async () => {
  const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
  const tokens = codecs.map((codec) => uniqueName(codec));
  for (const [index, codec] of codecs.entries())
    await kcat(['-z', codec, '-p', '0', '-H', 'without-a-value'], request(String(tokens[index])));
  const bomb = join(scratch, 'zeros');
  writeFileSync(bomb, Buffer.alloc(40_000_000));
  await kcat(['-z', 'zstd', '-p', '0', '-X', 'message.max.bytes=100000000', bomb]);
  const negativeLength = Buffer.from([12, 0, 0, 0, 3, 1, 0]);
  const garbage = encodeBatch({ payload: negativeLength, count: 1 });
  const produced = await produceRaw(broker, { topic, partition: 0 }, garbage);
  expect(wasTaken(produced)).toBe(true);
  const last = uniqueName('behind');
  await kcat(['-z', 'lz4', '-p', '0'], request(last));
  const all = [...tokens, last];
  await until('a reply to each', () => all.every((token) => replies.has(token)), { timeoutMs: 40_000 });
  for (const token of all) expect(replies.get(token), token).toBe('SOURCE_NOT_FOUND');
  const at = [produced.baseOffset - 1n, produced.baseOffset].map((offset) => `0/${offset}`);
  await until('the dead letters', () => at.every((offset) => deadBatches.has(offset)));
  for (const deployer of deployers) {
    const [url] = Object.values(deployer.httpUrls());
    expect((await fetch(`${url}/ready`)).status).toBe(200);
  }
});

async function answeredOnOwnTopic(token: string): Promise<void> {
  const tokens: unknown[] = [];
  const following = await tail(kafka, {
    ...{ topics: [ownReplies], from: 'beginning' },
    onMessage: ({ data }) => tokens.push(deploymentReplied.schema.parse(data).token),
  });
  await until('the reply on the topic that the request named', () => tokens.includes(token));
  await following.stop();
}

it('a request whose reply topic went away held up the replies of all others; it is answered once the topic is there', async () => {
  const stop = (token: string, replyTo?: string): string =>
    JSON.stringify({
      ...{ token, mode: 'stop', appId: token, appName: 'Shop', replyTo, services: [{ name: 'web' }] },
    });
  const [before, held, other] = ['before', 'held', 'other'].map(uniqueName) as [string, string, string];
  await kcat([], stop(before, ownReplies));
  await answeredOnOwnTopic(before);
  await administer(async (admin) => {
    await admin.deleteTopics({ topics: [ownReplies] });
    await until('its end', async () => !(await admin.listTopics()).includes(ownReplies));
  });
  await kcat([], stop(held, ownReplies));
  const waits = (): boolean =>
    deployers.some((deployer) => deployer.log().includes('a topic is not available'));
  await until('the error that says what to do', waits);
  await kcat([], stop(other));
  await until('the reply of another', () => replies.has(other), { timeoutMs: 5_000 });
  await ensureTopics(kafka, [ownReplies], { partitions: 1, replicationFactor: 1 });
  await answeredOnOwnTopic(held);
});
