import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  AGENT_SILENT_MS,
  nodeAnswered,
  type NodeAnswer,
  nodeRequested,
  nodeState,
  type NodeState,
} from '#libs/contracts';
import { createKafka, type PlatformKafka, Producer, SILENT, tail } from '#libs/kafka';
import { type AppProcess, requireEnv, uniqueName, until } from '#libs/testing';
import { onNode } from '../e2e/world.js';
import { inWhole } from './in-whole.js';
import { OwnPlatform } from './own-platform.js';

const SOON = { timeoutMs: 60_000 };
/** On a machine that is busy with other work, the loops get a part of its processors. */
const MORE_CORES = 0.2;

let platform: OwnPlatform;
let kafka: PlatformKafka;
let producer: Producer;
let following: { stop(): Promise<void> } | undefined;
const answers = new Map<string, NodeAnswer>();
const states = new Map<string, NodeState>();

beforeAll(async () => {
  platform = await OwnPlatform.create();
  const brokers = requireEnv('KAFKA_BROKERS').split(',');
  const prefix = String(platform.env['KAFKA_PREFIX']);
  kafka = createKafka({ brokers, prefix, clientId: 'busy-node', logger: SILENT });
  producer = new Producer(kafka);
});
afterAll(async () => {
  await Promise.all([producer.stop(), following?.stop()]);
  await platform.close();
});

const follow = () =>
  tail(kafka, {
    ...{ topics: [nodeAnswered.topic, nodeState.topic], from: 'end' },
    onMessage({ topic, data }) {
      if (topic === nodeState.topic) {
        const state = nodeState.schema.parse(data);
        states.set(state.node, state);
      } else {
        const answer = nodeAnswered.schema.parse(data);
        answers.set(answer.accessToken, answer);
      }
    },
  });

/** Where an instance of a service of its own is placed. */
async function placed(): Promise<string | undefined> {
  const accessToken = uniqueName('token');
  const data = nodeRequested.schema.parse({
    ...{ accessToken, appId: 'busy', service: uniqueName('web'), needsPort: false },
    resources: { cpu: 0.01, memoryMiB: 6 },
    expiresAt: new Date(Date.now() + 600_000).toISOString(),
  });
  const { topic, type } = nodeRequested;
  await producer.publish([{ topic, type, key: data.appId, id: accessToken, data }]);
  const answer = await until('an answer', () => answers.get(accessToken), SOON);
  return answer.node?.name;
}

/** A loop on each processor, in the control group of the node. What it gives ends them. */
async function keepBusy(node: string): Promise<() => Promise<unknown>> {
  const loops =
    'for n in $(seq $(nproc)); do (while :; do :; done) >/dev/null 2>&1 </dev/null & echo $!; done';
  const processes = (await onNode(node, 'sh', '-c', loops)).split('\n');
  return () => onNode(node, 'kill', ...processes);
}

const usedByOthers = (node: string): number => states.get(node)?.lastHour?.others?.cpu.p50 ?? Number.NaN;

let nodes: readonly string[];
/** Of nodes that are equal, the first by name is taken. */
let first: string;
let agent: AppProcess;
let end: (() => Promise<unknown>) | undefined;
afterAll(() => end?.());

it('a busy node is avoided though nothing is reserved on it', async () => {
  nodes = await platform.enrolNodes();
  first = nodes.toSorted()[0]!;
  await platform.start('load-balancer');
  following = await follow();
  expect(await placed()).toBe(first);
  await platform.database.pool.query('UPDATE load_balancer.reservations SET expires_at = now()');

  end = await keepBusy(first);
  agent = await platform.start('agent');
  await until(
    'more load to be measured on it than on any other node',
    () => nodes.every((node) => node === first || usedByOthers(node) + MORE_CORES < usedByOthers(first)),
    { timeoutMs: 120_000 },
  );
  const places = [await placed(), await placed(), await placed()];
  expect(places).not.toContain(first);
  expect(places).not.toContain(undefined);
}, 300_000);

inWhole.it('it is taken again once its agent has been silent for long', async () => {
  await platform.stop(agent);
  const silentFrom = Math.max(...nodes.map((node) => Date.parse(states.get(node)?.observedAt ?? '')));
  await until('its figures to be old', () => Date.now() - silentFrom > AGENT_SILENT_MS + 1_000, SOON);
  expect(await placed()).toBe(first);
});
