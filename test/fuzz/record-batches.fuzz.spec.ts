import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appNames, httpUrlVariable } from '#libs/app-roles';
import { deadLetterTopic, topics } from '#libs/contracts';
import { createKafka, SILENT, tail } from '#libs/kafka';
import {
  type AppProcess,
  type BatchParts,
  encodeBatch,
  produceRaw,
  randomOf,
  type RawProduced,
  requireEnv,
  spawnApp,
  until,
  untilReady,
  wasTaken,
} from '#libs/testing';
import { isWhole } from '../short-form.js';
import { BatchMutator } from './batch-mutator.js';
import { bodyWith, lag } from './target.js';

/** `FUZZ_BATCHES=20000 FUZZ_SEED=7 npm run test:fuzz` */
const COUNT = Number(process.env['FUZZ_BATCHES'] ?? (isWhole('fuzz') ? 500 : 250));
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
const BOMBS = 3;
const RECORDS = 2;
const topic = topics.deploymentRequests;

const broker = requireEnv('KAFKA_BROKERS').split(',')[0] ?? '';
const kafka = createKafka({ brokers: [broker], clientId: 'fuzz-batches', logger: SILENT });
const admin = kafka.admin();
const replied = new Set<string>();
/** `partition/base offset` of each batch among the dead letters. */
const deadBatches = new Set<string>();
let letters = 0;
let second: AppProcess;
let reading: { stop(): Promise<void> };

beforeAll(async () => {
  await admin.connect();
  second = spawnApp('deployer', process.env);
  await untilReady(second);
  reading = await tail(kafka, {
    topics: [topics.deploymentResponses, deadLetterTopic(topic)],
    from: 'end',
    onMessage({ topic: on, headers, data }) {
      if (on === topics.deploymentResponses) replied.add(String((data as { token: string }).token));
      else letters += 1;
      if (headers['slipway-dead-letter-last-offset'] !== undefined)
        deadBatches.add(
          `${headers['slipway-dead-letter-partition']}/${headers['slipway-dead-letter-offset']}`,
        );
    },
  });
});

afterAll(async () => {
  await reading.stop();
  await second.stop('SIGKILL');
  await admin.disconnect();
});

interface Sent extends RawProduced {
  readonly partition: number;
  readonly tokens: readonly string[];
  readonly isWhole: boolean;
}

const valueOf = (token: string, n: number): Buffer => Buffer.from(JSON.stringify(bodyWith(token, n)));

/** What the broker refuses comes to nobody. */
async function publish(mutator: BatchMutator, partitions: readonly number[]): Promise<Sent[]> {
  const sent: Sent[] = [];
  const send = async (parts: BatchParts, tokens: readonly string[], isWhole: boolean): Promise<void> => {
    const partition = mutator.pick(partitions);
    const produced = await produceRaw(broker, { topic, partition }, encodeBatch(parts));
    sent.push({ ...produced, partition, tokens, isWhole });
  };
  for (let n = 0; n < COUNT; n += 1) {
    const tokens = Array.from({ length: RECORDS }, (_, index) => `fuzz-batch-${SEED}-${n}-${index}`);
    const { way, ...parts } = mutator.batch(tokens.map((token) => valueOf(token, n)));
    await send(parts, tokens, way === 'whole');
    if (n % Math.ceil(COUNT / BOMBS) === 0) await send(mutator.bomb(), [], false);
  }
  return sent;
}

it(`${COUNT} record batches of every codec (seed ${SEED}), under two replicas: no process ends and no partition stands still`, async () => {
  const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition }) => partition);
  const sent = await publish(new BatchMutator(randomOf(SEED)), partitions);
  const taken = sent.filter(wasTaken);
  await until('all to be read', async () => (await lag(admin)) === 0, { timeoutMs: 60_000 + COUNT * 20 });
  const behind = partitions.map((partition) => ({ partition, token: `fuzz-behind-${randomUUID()}` }));
  for (const { partition, token } of behind) {
    const batch = encodeBatch({ codec: 'lz4', records: [{ value: valueOf(token, partition) }] });
    expect(wasTaken(await produceRaw(broker, { topic, partition }, batch))).toBe(true);
  }
  const whole = taken.filter(({ isWhole }) => isWhole).flatMap(({ tokens }) => tokens);
  const expected = [...behind.map(({ token }) => token), ...whole];
  await until('a reply to each whole one', () => expected.every((token) => replied.has(token)), {
    timeoutMs: 60_000 + COUNT * 20,
  });
  const bombs = taken.filter(({ tokens }) => tokens.length === 0);
  expect(bombs).toHaveLength(Math.min(BOMBS, COUNT));
  const isDead = ({ partition, baseOffset }: Sent): boolean => deadBatches.has(`${partition}/${baseOffset}`);
  await until('the bombs among the dead letters', () => bombs.every(isDead));
  console.log(
    `${sent.length} batches: the broker took ${taken.length}, ${whole.length} messages came whole, ` +
      `${deadBatches.size} batches and ${letters - deadBatches.size} messages went to the dead letters`,
  );
  expect(taken.length).toBeGreaterThan(COUNT / 4);
  expect(deadBatches.size).toBeGreaterThan(bombs.length);
  expect(second.log()).not.toContain('ended:');
  const [url] = Object.values(second.httpUrls());
  for (const ready of [url, ...appNames.map((app) => requireEnv(httpUrlVariable(app)))])
    expect((await fetch(`${ready}/ready`)).status, ready).toBe(200);
});
