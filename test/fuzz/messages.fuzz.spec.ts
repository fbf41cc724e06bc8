import { randomUUID } from 'node:crypto';
import type { Message } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appNames, httpUrlVariable } from '#libs/app-roles';
import { deadLetterTopic, topics } from '#libs/contracts';
import { createKafka, SILENT, tail } from '#libs/kafka';
import { randomOf, requireEnv, until } from '#libs/testing';
import { isWhole } from '../short-form.js';
import { Mutator } from './mutate.js';
import { bodyWith, lag } from './target.js';

/** `FUZZ_MESSAGES=100000 FUZZ_SEED=7 npm run test:fuzz` */
const COUNT = Number(process.env['FUZZ_MESSAGES'] ?? (isWhole('fuzz') ? 4_000 : 1_500));
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
const BATCH = 500;
/** What is asked for last is done after all that was asked for before. */
const BACKLOG_MS = 60_000 + COUNT * 3;

const kafka = createKafka({
  brokers: requireEnv('KAFKA_BROKERS').split(','),
  clientId: 'fuzz',
  logger: SILENT,
});
const producer = kafka.producer();
const admin = kafka.admin();
/** `partition/offset` of each message that came to the dead letters. */
const dead = new Set<string>();
const replied = new Set<string>();
let tails: { stop(): Promise<void> };

beforeAll(async () => {
  await producer.connect();
  await admin.connect();
  tails = await tail(kafka, {
    topics: [deadLetterTopic(topics.deploymentRequests), topics.deploymentResponses],
    from: 'end',
    onMessage({ topic, headers, data }) {
      if (topic === topics.deploymentResponses) replied.add(String((data as { token: string }).token));
      else dead.add(`${headers['slipway-dead-letter-partition']}/${headers['slipway-dead-letter-offset']}`);
    },
  });
});

afterAll(async () => {
  await tails.stop();
  await producer.disconnect();
  await admin.disconnect();
});

describe(`${COUNT} mutated messages (seed ${SEED})`, () => {
  it('each goes to the dead letters or is answered, and no partition is blocked', async () => {
    const mutator = new Mutator(randomOf(SEED));
    const before = await admin.fetchTopicOffsets(topics.deploymentRequests);
    for (let sent = 0; sent < COUNT; sent += BATCH) {
      const messages = Array.from({ length: Math.min(BATCH, COUNT - sent) }, (_, n): Message => {
        const token = `fuzz-${SEED}-${sent + n}`;
        return mutator.message(bodyWith(token, sent + n), {
          ce_type: 'slipway.deployment.requested.v1',
          ce_id: token,
        });
      });
      await producer.send({ topic: topics.deploymentRequests, messages });
      await until('the consumer to follow', async () => (await lag(admin)) < 5_000, { timeoutMs: 120_000 });
    }
    await until('all to be read', async () => (await lag(admin)) === 0, { timeoutMs: 300_000 });
    // One good request a partition: whatever came before, it is answered.
    const tokens = before.map(({ partition }) => ({ partition, token: `fuzz-good-${randomUUID()}` }));
    await producer.send({
      topic: topics.deploymentRequests,
      messages: tokens.map(({ partition, token }) => ({ partition, value: JSON.stringify(bodyWith(token)) })),
    });
    await until('a reply from every partition', () => tokens.every(({ token }) => replied.has(token)), {
      timeoutMs: BACKLOG_MS,
    });
    const after = await admin.fetchTopicOffsets(topics.deploymentRequests);
    const total = after.reduce((sum, { high }) => sum + Number(high), 0);
    const known = before.reduce((sum, { high }) => sum + Number(high), 0) + tokens.length;
    expect(total - known).toBe(COUNT);
    const answered = [...replied].filter((token) => token.startsWith(`fuzz-${SEED}-`)).length;
    console.log(`${COUNT} messages: ${dead.size} dead letters, ${answered} answered by their own token`);
    expect(dead.size).toBeGreaterThan(COUNT / 4);
    expect(answered).toBeGreaterThan(COUNT / 20);
    expect(dead.size + answered).toBeGreaterThan(COUNT * 0.9);
  });

  it('leaves every app alive and ready', async () => {
    for (const name of appNames.map(httpUrlVariable))
      expect((await fetch(`${requireEnv(name)}/ready`)).status, name).toBe(200);
  });
});
