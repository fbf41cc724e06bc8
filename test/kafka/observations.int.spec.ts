import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allTopics, type NodeState, topics, topicSettings } from '#libs/contracts';
import {
  administered,
  createKafka,
  ensureTopics,
  type PlatformKafka,
  Producer,
  SILENT,
  tail,
} from '#libs/kafka';
import { NodeObservations, type Observed, type ObservedNode } from '#libs/observations';
import { createMetrics } from '#libs/telemetry';
import { until } from '#libs/testing';
import { createObservations } from '../../apps/agent/src/observations/wire.js';
import { createStates } from '../../apps/agent/src/state/wire.js';
import { startBrokers } from '../../scripts/one-machine/kafka.js';
import type { RunningPart } from '../../scripts/one-machine/part.js';
import { cacheDirectory, claimSlot, type Slot } from '../../scripts/one-machine/slot.js';

let slot: Slot;
let brokers: RunningPart;
let kafka: PlatformKafka;
let producer: Producer;
beforeAll(async () => {
  slot = await claimSlot();
  brokers = await startBrokers({ slot, cache: cacheDirectory(), report: () => undefined, breakable: false });
  kafka = createKafka({
    ...{ brokers: String(brokers.env['KAFKA_BROKERS']).split(','), clientId: `observed-${randomUUID()}` },
    logger: SILENT,
  });
  await ensureTopics(kafka, allTopics, { partitions: 3, replicationFactor: 1 }, topicSettings);
  producer = new Producer(kafka, { source: 'slipway/agent' });
});
afterAll(async () => {
  await producer?.stop();
  await brokers?.stop();
  await slot?.release();
});

const second = (sequence: number, node = 'node-1'): ObservedNode => ({
  ...{ node, fence: 1, sequence, observedAt: new Date().toISOString() },
  host: {
    ...{ seconds: 1, cpu: { user: sequence % 3, system: 0, iowait: 0, steal: 0 }, load1: 0 },
    ...{ memoryAvailableBytes: 0, swapUsedBytes: 0 },
  },
  instances: new Map(),
  others: { count: 0, cpu: 0, memoryBytes: 0 },
});

it('seconds are kept for an hour, states are compacted, and no other topic is', async () => {
  const settings = await administered(kafka, async (admin) => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [topics.nodeObserved, topics.nodeState, topics.nodeReports].map((name) => ({
        ...{ type: 2, name, configNames: ['cleanup.policy', 'retention.ms'] },
      })),
    });
    return resources.map(({ configEntries }) => {
      const values = new Map(configEntries.map(({ configName, configValue }) => [configName, configValue]));
      return ['cleanup.policy', 'retention.ms'].map((name) => values.get(name));
    });
  });
  expect(settings).toEqual([
    ['delete', '3600000'],
    ['compact', '604800000'],
    ['delete', '604800000'],
  ]);
});

it('a state of a node, and then that it was removed: a message without a body, in the same partition', async () => {
  const seen: { readonly partition: number; readonly data: unknown }[] = [];
  const { stop } = await tail(kafka, {
    ...{ topics: [topics.nodeState], from: 'end' },
    onMessage: ({ key, partition, data }) => void (key === 'node-9' && seen.push({ partition, data })),
  });
  const pool = { query: () => Promise.resolve({ rowCount: 1 }) } as never;
  const logger = { warn: () => undefined } as never;
  const states = createStates({
    ...{ holder: 'me', isValid: () => true },
    runtime: { pool, producer, logger, clock: { now: () => new Date() } },
  });
  const since = new Date().toISOString();
  states.look({
    ...{ node: 'node-9', fence: 1, verdict: { state: 'alive', since }, engine: undefined },
    ...{ sizes: undefined, topology: undefined, listeningPorts: undefined },
  });
  await until('the state', () => seen.length === 1);
  await states.removed('node-9');
  await until('the removal', () => seen.length === 2);
  await stop();
  expect((seen[0]?.data as NodeState).liveness).toEqual({ state: 'alive', since });
  expect(seen[1]).toEqual({ partition: seen[0]?.partition, data: '' });
});

// A broker that is started again beside other work takes a minute.
it('while Kafka is away seconds are lost, not kept: a gap, and after it the newest one, whole', async () => {
  const [server] = brokers.servers ?? [];
  if (server === undefined) throw new Error('there is no broker to stop');
  const seen: Observed[] = [];
  const reader = new NodeObservations();
  const { stop } = await tail(kafka, {
    ...{ topics: [topics.nodeObserved], from: 'end' },
    onMessage: ({ data }) => seen.push(reader.take(data as never)),
  });
  const { sender } = createObservations({
    ...{ metrics: createMetrics('test'), producer },
    clock: { now: () => new Date() },
  });
  let sequence = 0;
  const offer = (): void => sender.offer(second((sequence += 1)));
  const observing = setInterval(offer, 100);
  try {
    await until('seconds to come', () => seen.length > 5);
    await server.kill();
    const back = sequence + 40;
    await until('seconds to pass', () => sequence > back);
    await server.start();
    const isBack = (one: Observed): boolean => one.kind === 'observed' && one.node.sequence > back;
    await until('seconds to come again', () => seen.some(isBack), { timeoutMs: 120_000 });
  } finally {
    clearInterval(observing);
    await sender.stop();
    await stop();
  }
  const observed = seen.flatMap((one) => (one.kind === 'observed' ? [one] : []));
  expect(seen.map(({ kind }) => kind)).not.toContain('gap');
  expect(Math.max(...observed.map(({ missed }) => missed))).toBeGreaterThan(20);
  for (const { node } of observed) expect(node.host.cpu.user).toBe(node.sequence % 3);
}, 180_000);
