import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  instanceReported,
  type InstanceReport,
  type NodeAnswer,
  nodeAnswered,
  nodeRequested,
} from '#libs/contracts';
import { createKafka, Producer, SILENT, tail } from '#libs/kafka';
import {
  type AppProcess,
  randomOf,
  requireEnv,
  spawnApp,
  uniqueName,
  until,
  untilReady,
} from '#libs/testing';
import { keys, placementOfFile, requestOf, secretKey } from './placement.testing.js';

const { enrol, query, appUrls } = placementOfFile();

const REPLICAS = 3;
const REQUESTS = 50;
const connection = { brokers: requireEnv('KAFKA_BROKERS').split(','), prefix: `${uniqueName('ports')}.` };
const kafka = createKafka({ ...connection, clientId: 'test', logger: SILENT });
const producer = new Producer(kafka);
const answers = new Map<string, NodeAnswer>();
let apps: readonly AppProcess[] = [];
let reading: { stop(): Promise<void> } | undefined;

beforeAll(async () => {
  apps = Array.from({ length: REPLICAS }, (_, n) =>
    spawnApp('load-balancer', {
      ...{ KAFKA_BROKERS: connection.brokers.join(), KAFKA_PREFIX: connection.prefix, ...appUrls() },
      ...{ SLIPWAY_NODE_KEY: secretKey, SLIPWAY_DEPLOYER_PUBLIC_KEY: keys.publicKey },
      SLIPWAY_API_TOKEN: 'the-token-that-changes',
      LOAD_BALANCER_REPLICA: `replica-${n}`,
    }),
  );
  await Promise.all(apps.map((app) => untilReady(app)));
  const admin = kafka.admin();
  await admin.connect();
  const group = kafka.nameOf(`slipway.load-balancer.${nodeRequested.topic}`);
  await until('all replicas to share the requests', async () => {
    const { groups } = await admin.describeGroups([group]);
    return groups[0]?.state === 'Stable' && groups[0].members.length === REPLICAS;
  });
  await admin.disconnect();
  const onMessage = ({ data }: { data: unknown }): void => {
    const answer = nodeAnswered.schema.parse(data);
    answers.set(answer.accessToken, answer);
  };
  reading = await tail(kafka, { topics: [nodeAnswered.topic], from: 'end', onMessage });
});
afterAll(async () => {
  // Undefined where an app was not ready: the others would go on without this test.
  await Promise.all([reading?.stop(), producer.stop()]);
  expect(await Promise.all(apps.map(async (app) => (await app.stop()).code))).toEqual(apps.map(() => 0));
});

const at = (): string => new Date().toISOString();
const random = randomOf(20_261_129);
const CPUS = [0.1, 0.25, 0.5, 1];

/** All at once, of as many applications, so that they spread over partitions and so over replicas. */
async function askAll(): Promise<readonly NodeAnswer[]> {
  const requests = Array.from({ length: REQUESTS }, (_, n) =>
    requestOf({
      ...{ appId: `app-${n}`, accessToken: uniqueName('token') },
      resources: { cpu: CPUS[Math.floor(random() * CPUS.length)] ?? 1, memoryMiB: 64 },
      needsPort: random() < 0.8,
    }),
  );
  const { topic, type } = nodeRequested;
  await producer.publish(
    requests.map((data) => ({ topic, type, key: data.appId, id: uniqueName('request'), data })),
  );
  await until('all answers', () => requests.every(({ accessToken }) => answers.has(accessToken)));
  return requests.flatMap(({ accessToken }) => answers.get(accessToken) ?? []);
}

async function report(placed: readonly NodeAnswer[], state: InstanceReport['state']): Promise<void> {
  const { topic, type, schema, example } = instanceReported;
  await producer.publish(
    placed.flatMap(({ accessToken, node }) => {
      if (node === undefined) return [];
      const data = { ...schema.parse(example), accessToken, node: node.name, state, reportedAt: at() };
      return [{ topic, type, key: accessToken, id: uniqueName('report'), data }];
    }),
  );
  const wanted = state === 'running' ? 'bound' : 'released';
  const tokens = placed.map(({ accessToken }) => `'${accessToken}'`).join();
  await until('the reports to be followed', async () => {
    const { rowCount } = await query(
      `SELECT FROM reservations WHERE access_token IN (${tokens}) AND state <> '${wanted}'`,
    );
    return rowCount === 0;
  });
}

/** What no order of messages and no number of replicas may break. */
async function checkReservations(): Promise<void> {
  const live = `reservations WHERE state IN ('promised', 'bound')`;
  const shared = `SELECT node, port FROM ${live} AND port IS NOT NULL GROUP BY node, port HAVING count(*) > 1`;
  expect((await query(shared)).rows).toEqual([]);
  const over = `
    SELECT name FROM registry.nodes JOIN (SELECT node, sum(cpu) AS cpu, sum(memory_mib) AS memory FROM ${live}
                                          GROUP BY node) held ON node = name
    WHERE cpu > allocatable_cpus + 1e-9 OR memory * 1048576 > allocatable_memory_bytes`;
  expect((await query(over)).rows).toEqual([]);
  const outside = `SELECT port FROM reservations JOIN registry.nodes ON node = name WHERE port NOT BETWEEN first_port AND last_port`;
  expect((await query(outside)).rows).toEqual([]);
}

it('50 concurrent requests through three replicas never share room, as instances come and go', async () => {
  for (const [name, cpus] of [
    ['a', 4],
    ['b', 3],
    ['c', 2],
  ] as const)
    await enrol(name, { cpus, memoryMiB: 1_000 });
  let running: readonly NodeAnswer[] = [];
  for (let round = 0; round < 6; round += 1) {
    const asked = await askAll();
    const placed = asked.filter(({ node }) => node !== undefined);
    // More is asked for than there is room, so the last places of each node are fought for.
    expect(placed.length).toBeLessThan(REQUESTS);
    expect(placed.length).toBeGreaterThan(0);
    await checkReservations();
    await report(placed, 'running');
    await checkReservations();
    const ended = [...running, ...placed].filter(() => random() < 0.6);
    await report(ended, 'stopped');
    running = [...running, ...placed].filter((one) => !ended.includes(one));
    await checkReservations();
  }
  const given = [...answers.values()].filter(({ node }) => node?.port !== undefined);
  expect(given.length).toBeGreaterThan(REQUESTS / 2);
});
