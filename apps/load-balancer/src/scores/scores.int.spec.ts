import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { appSchemas } from '#libs/app-roles';
import { Secret } from '#libs/config';
import { nodeObserved, topics } from '#libs/contracts';
import { createKafka, ensureTopics, Producer, SILENT } from '#libs/kafka';
import { wholeOf } from '#libs/observations';
import type { Pool } from '#libs/postgres';
import { RedisClient } from '#libs/redis';
import { outgoing, type Runtime } from '#libs/runtime';
import { createMetrics } from '#libs/telemetry';
import {
  appPool,
  createTestDatabase,
  migrateApp,
  requireEnv,
  TcpLine,
  type TestDatabase,
  uniqueName,
  until,
} from '#libs/testing';
import { instanceWith, rules, secondWith } from './domain/scores.testing.js';
import type { ScoreState } from './ports.js';
import { createScoring, type Scoring } from './wire.js';

const NODES = Array.from({ length: 8 }, (_, n) => `node-${n}`);
const NAMES = NODES.map((node) => `${node}-x`);
/** So many of their seconds stand in the topic: more than a replica reads again. */
const SECONDS = 100;

const prefix = `${uniqueName('scores')}.`;
const target = new URL(requireEnv('REDIS_URL'));
const line = new TcpLine({ host: target.hostname, port: Number(target.port || 6379) });
const kafka = createKafka({
  ...{ brokers: requireEnv('KAFKA_BROKERS').split(','), prefix, clientId: 'test', logger: SILENT },
});
const producer = new Producer(kafka);
/** Past the line. */
const redis = new RedisClient({ url: target.href, prefix, logger: SILENT });
let database: TestDatabase;
let pool: Pool;
const running: Scoring[] = [];

beforeAll(async () => {
  await Promise.all([
    line.mend(),
    ensureTopics(kafka, [topics.nodeObserved], { partitions: 4, replicationFactor: 1 }),
    prepareDatabase(),
  ]);
});
afterEach(async () => {
  await stopAll();
  await line.mend();
});
afterAll(async () => {
  redis.close();
  await Promise.all([producer.stop(), line.cut(), pool.end()]);
  await database.drop();
});

async function prepareDatabase(): Promise<void> {
  database = await createTestDatabase({ roles: true, schema: appSchemas['load-balancer'] });
  const owner = appPool(database, 'node-manager');
  await migrateApp('node-manager', owner).finally(() => owner.end());
  pool = appPool(database, 'load-balancer');
  await migrateApp('load-balancer', pool);
}

async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map((one) => one.stop()));
}

/** Whole seconds of all nodes up to now, as their agents sent them. */
async function observeUpToNow(seconds = SECONDS): Promise<void> {
  const nowMs = Date.now();
  const messages = Array.from({ length: seconds }, (_, n) => {
    const at = nowMs - (seconds - 1 - n) * 1_000;
    return NODES.map((node) => {
      const instance = { ...instanceWith({ cpu: 60 }), instance: `${node}-x` };
      const second = secondWith(Math.floor(at / 1_000), {}, { node, observedAt: new Date(at).toISOString() });
      return { ...second, instances: new Map([[instance.instance, instance]]) };
    });
  });
  await producer.publish(
    messages.flat().map((second) => ({
      ...outgoing(nodeObserved, wholeOf(second)),
      id: `${second.node} ${second.sequence}`,
    })),
  );
}

/** A replica of the load balancer, as far as scores go. */
async function start(replica: string): Promise<Scoring> {
  const clock = { now: () => new Date() } as Runtime['clock'];
  const metrics = createMetrics('load-balancer');
  const scoring = createScoring({
    runtime: { pool, sessions: pool, clock, logger: SILENT as Runtime['logger'], kafka, metrics },
    ...{ replica, rules, keepDays: 14, figures: { instances: () => new Map() } },
    redis: {
      REDIS_URL: new Secret(`redis://127.0.0.1:${line.port}`),
      REDIS_PREFIX: prefix,
      KAFKA_PREFIX: '',
    },
  });
  running.push(scoring);
  await scoring.start();
  return scoring;
}

const known = ({ scores }: Scoring): readonly string[] => [...scores.all().keys()].toSorted();
const states = ({ scores }: Scoring): readonly ScoreState[] =>
  [...scores.all().values()].map(({ state }) => state);
const knowsAll = (one: Scoring): boolean => known(one).length === NODES.length;

/** As `FLUSHALL`, of what is ours. */
const flush = () =>
  redis.send([['DEL', 'scores:replicas', ...['a', 'b', 'c', 'd'].map((name) => `scores:of:${name}`)]]);

it('two replicas share the nodes, and each knows the scores of all, whatever Redis does', async () => {
  await observeUpToNow();
  const both = await Promise.all([start('a'), start('b')]);
  await until('both to know all', () => both.every(knowsAll));
  for (const one of both) expect(known(one)).toEqual(NAMES);
  const shares = await redis.send([['MGET', 'scores:of:a', 'scores:of:b']]);
  const counts = (shares?.[0] as string[]).map((share) => (JSON.parse(share) as unknown[]).length);
  expect(
    counts.every((count) => count > 0 && count < NODES.length),
    String(counts),
  ).toBe(true);

  await flush();
  await until('them to share again', async () => {
    const [replicas] = (await redis.send([['ZCARD', 'scores:replicas']])) ?? [];
    return replicas === 2;
  });
  expect(both.every(knowsAll), 'nothing is removed').toBe(true);

  await line.cut();
  const sinceMs = Date.now();
  await observeUpToNow(1);
  const newOf = ({ scores }: Scoring): number =>
    [...scores.all().values()].filter(({ at }) => at >= sinceMs).length;
  await until('its own share to be newer, without Redis', () => both.every((one) => newOf(one) > 0));
  expect(both.map(newOf), 'and its own alone').not.toContain(NODES.length);
  expect(both.every(knowsAll), 'nothing is removed').toBe(true);
  await line.mend();
  await until('all to be back', () => both.every((one) => newOf(one) === NODES.length));
});

it('a restart of all replicas goes on from the topic, without INIT, also where Redis lost all', async () => {
  await observeUpToNow();
  await flush();
  const both = await Promise.all([start('c'), start('d')]);
  const seen = new Set<ScoreState>();
  await until('both to know all', () => {
    for (const one of both) states(one).forEach((state) => seen.add(state));
    return both.every(knowsAll);
  });
  expect([...seen]).toEqual(['MU']);

  await stopAll();
  const { rows } = await pool.query<{ instance: string; seconds: number; mean: number; least: number }>(
    `SELECT instance, max(seconds)::integer AS seconds, avg(overall_mean)::float8 AS mean, min(overall_least) AS least
     FROM score_minutes WHERE app_id = 'shop' AND service = 'web' GROUP BY instance ORDER BY instance`,
  );
  expect(rows.map(({ instance }) => instance)).toEqual(NAMES);
  for (const { seconds, mean, least } of rows) {
    expect(seconds).toBeGreaterThan(0);
    expect(mean).toBeGreaterThanOrEqual(least - 0.001);
  }
});
