import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  moveRequested,
  type MoveRequest,
  nodeObserved,
  nodeState,
  type RebalancingAnswer,
  rebalancingSchema,
  scaleReplied,
  type ScaleReply,
} from '#libs/contracts';
import { createKafka, type PlatformKafka, Producer, SILENT, tail } from '#libs/kafka';
import { requireEnv, until } from '#libs/testing';
import { servedPlacement } from '../served.testing.js';

const {
  ask,
  enrol,
  query,
  answered,
  kafkaPrefix: prefix,
} = servedPlacement({
  LOAD_BALANCER_REBALANCING: 'act',
  LOAD_BALANCER_REBALANCING_OVER_MS: '1000',
  LOAD_BALANCER_REBALANCING_QUIET_MS: '60000',
});
const SOON = { timeoutMs: 30_000 };

let kafka: PlatformKafka;
let producer: Producer;
let following: { stop(): Promise<void> } | undefined;
let asked: MoveRequest[];
beforeAll(async () => {
  kafka = createKafka({
    brokers: requireEnv('KAFKA_BROKERS').split(','),
    prefix,
    clientId: 'test',
    logger: SILENT,
  });
  producer = new Producer(kafka);
  following = await tail(kafka, {
    ...{ topics: [moveRequested.topic], from: 'beginning' },
    onMessage: ({ data }) => asked.push(moveRequested.schema.parse(data)),
  });
});
afterAll(async () => {
  await Promise.all([following?.stop(), producer.stop()]);
});
beforeEach(async () => {
  asked = [];
  // One by one: the load balancer reads both meanwhile.
  await query('DELETE FROM registry.instance_records');
  await query('DELETE FROM registry.spec_records');
});

/** An instance of a service of its own that has run for an hour, or so many minutes. */
async function runs(
  service: string,
  node: string,
  {
    cpu,
    minutes = 60,
    ...wish
  }: { cpu: number; minutes?: number; hasVolumes?: boolean; rebalance?: boolean },
): Promise<void> {
  const accessToken = `r:${service}:0`;
  await ask({ accessToken, service, resources: { cpu, memoryMiB: 100 }, onNode: node, ...wish });
  await query(
    `UPDATE reservations SET state = 'bound', asked = asked - 'onNode' WHERE access_token = '${accessToken}'`,
  );
  await query(`INSERT INTO registry.instance_records (name, state, app_id, app_name, service, release, image, node, ip,
      port, url, container, access_token, cpu, memory_mib, started_at, reported_at)
    VALUES ('${service}-0', 'running', 'shop', 'Shop', '${service}', 'r1', 'image', '${node}', '10.0.0.1', 20000,
      'http://x', 'c1', '${accessToken}', ${cpu}, 100, now() - interval '${minutes} min', now())`);
  await query(`INSERT INTO registry.spec_records (app_id, service, app_name, revision, state, release, count, changed_at)
    VALUES ('shop', '${service}', 'Shop', 1, 'running', 'r1', 1, now())`);
}

async function shown(): Promise<RebalancingAnswer> {
  const answer = await answered<RebalancingAnswer>('rebalancing');
  expect(rebalancingSchema.parse(answer)).toEqual(answer);
  return answer;
}
const whenShown = (what: string, of: (answer: RebalancingAnswer) => boolean): Promise<RebalancingAnswer> =>
  until(
    what,
    async () => {
      const answer = await shown();
      return of(answer) ? answer : undefined;
    },
    SOON,
  );

async function reply(answer: ScaleReply): Promise<void> {
  const { topic, type } = scaleReplied;
  await producer.publish([{ topic, type, key: answer.token, id: answer.token, data: answer }]);
}

// Once an agent has said something, a fleet is never again judged by what is reserved: this goes first.
it('has one instance moved at a time by what is reserved, and pauses after a failure; volumes and opt-out stay', async () => {
  await enrol('node-a');
  await enrol('node-b');
  await runs('young', 'node-a', { cpu: 0.1, minutes: 0 });
  await runs('kept', 'node-a', { cpu: 0.2, rebalance: false });
  await runs('db', 'node-a', { cpu: 0.3, hasVolumes: true });
  await runs('web', 'node-a', { cpu: 0.8 });
  const move = await until('a move', () => asked[0], SOON);
  expect(move).toMatchObject({
    ...{ appId: 'shop', appName: 'Shop', service: 'web', instance: 'web-0', toNode: 'node-b' },
    reason: 'node-a 70 % -> 30 % of CPU, node-b 0 % -> 40 %',
  });
  const during = await whenShown('it to be in change', ({ staying }) =>
    staying.some(({ reason }) => reason === 'in-change'),
  );
  expect(during).toMatchObject({
    ...{ mode: 'act', by: 'reserved', advised: [], fullest: { node: 'node-a', share: 0.7 } },
    underWay: [{ token: move.token, instance: 'web-0', improves: { from: { before: 0.7, after: 0.3 } } }],
    limits: { atOnce: 1, anHour: 10, leastGain: 0.1, above: 0.5, quietMs: 60_000 },
  });
  expect(during.staying.toSorted((a, b) => (a.reason < b.reason ? -1 : 1))).toEqual([
    { reason: 'in-change', instances: 1 },
    { reason: 'opted-out', instances: 1 },
    { reason: 'volumes', instances: 1 },
    { reason: 'young', instances: 1 },
  ]);

  const error = { code: 'NO_NODE', message: 'No node fits.', hint: 'Wait.' };
  const service = { name: 'web', status: 'failed' as const, instances: [], phases: {}, error };
  await reply({ token: 'rebalance-of-another-platform', status: true });
  await reply({ token: move.token, status: false, service });
  const after = await whenShown(
    'its end',
    ({ ended, staying }) => ended.length > 0 && staying.some(({ reason }) => reason === 'paused'),
  );
  expect(after).toMatchObject({
    ...{ advised: [], underWay: [] },
    ended: [{ token: move.token, succeeded: false, error: { code: 'NO_NODE', message: 'No node fits.' } }],
  });
  // The same answer again, with another end, changes nothing.
  await reply({ token: move.token, status: true });
  await reply({ token: 'of-somebody-else', status: true });
  expect((await shown()).ended).toMatchObject([{ succeeded: false }]);
  expect(asked).toHaveLength(1);
}, 60_000);

/** A whole message of `node.observed`, and a `node.state`, as an agent sends them. */
async function observed(
  node: string,
  sequence: number,
  { others, instances }: { readonly others: number; readonly instances: Readonly<Record<string, number>> },
): Promise<void> {
  const observedAt = new Date().toISOString();
  const { example } = nodeObserved;
  const used = Object.values(instances).reduce((sum, cpu) => sum + cpu, others);
  const second = {
    ...example,
    ...{ node, sequence, observedAt, sizes: { ...example.sizes, cpus: 2 } },
    host: { ...example.host, cpu: { user: used, system: 0, iowait: 0, steal: 0 } },
    instances: Object.entries(instances).map(([instance, cpu]) => ({
      ...{ instance, usage: { cpu, memoryBytes: 1 } },
      identity: { container: 'c1', appId: 'shop', service: 'web', release: 'r1' },
    })),
  };
  const message = ({ topic, type }: typeof nodeObserved | typeof nodeState, data: object) => ({
    ...{ topic, type, key: node, id: `${node}-${topic}-${sequence}`, data },
  });
  await producer.publish([
    message(nodeState, {
      ...nodeState.example,
      node,
      observedAt,
      liveness: { state: 'alive', since: observedAt },
    }),
    message(nodeObserved, second),
  ]);
}

it('goes by the CPU in use where agents watch, and moves nothing while a node has no figures', async () => {
  await enrol('node-c');
  await enrol('node-d');
  // By what is reserved, nothing would have to move.
  await runs('hot', 'node-c', { cpu: 0.2 });
  await runs('warm', 'node-c', { cpu: 0.2 });
  const busy = { others: 0.2, instances: { 'hot-0': 0.9, 'warm-0': 0.6 } };
  let sequence = 0;
  const watchUntil = (what: string, nodes: readonly string[], seen: (answer: RebalancingAnswer) => boolean) =>
    until(
      what,
      async () => {
        sequence += 1;
        for (const node of nodes)
          await observed(node, sequence, node === 'node-c' ? busy : { others: 0, instances: {} });
        const answer = await shown();
        return seen(answer) ? answer : undefined;
      },
      SOON,
    );
  const waiting = await watchUntil('a gap', ['node-c'], ({ waits }) => waits?.startsWith('node-d:') === true);
  expect(waiting).toMatchObject({ by: 'measured', advised: [], waits: 'node-d: no figures of its agent' });
  expect(asked).toEqual([]);
  const acting = await watchUntil('a move', ['node-c', 'node-d'], ({ underWay }) => underWay.length > 0);
  expect(acting).toMatchObject({
    fullest: { node: 'node-c', share: expect.closeTo(0.85) as number },
    underWay: [
      {
        ...{ instance: 'hot-0', from: 'node-c', to: 'node-d', cpu: expect.closeTo(0.9) as number },
        improves: { to: { before: expect.closeTo(0) as number, after: expect.closeTo(0.45) as number } },
      },
    ],
  });
  const move = await until('the request', () => asked[0], SOON);
  await reply({ token: move.token, status: true });
  const ended = await whenShown('its end', (answer) => answer.ended.length > 0);
  expect(ended.ended).toMatchObject([{ instance: 'hot-0', succeeded: true }]);
}, 60_000);
