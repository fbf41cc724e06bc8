import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  limitAnswered,
  type LimitAnswer,
  type LimitChange,
  limitRequested,
  type LimitsWanted,
  topics,
} from '#libs/contracts';
import { createKafka, Producer, SILENT, tail } from '#libs/kafka';
import { outgoing } from '#libs/runtime';
import { type AppProcess, requireEnv, uniqueName, until } from '#libs/testing';
import { BASE_IMAGES } from '../../scripts/one-machine/base-images.js';
import { onNode } from '../e2e/world.js';
import { whileCutOff } from './cut-off.js';
import { inWhole } from './in-whole.js';
import { OwnPlatform } from './own-platform.js';

// Left out of the short form: nodes that are cut off and engines that hang, which wait for limits of time.

const SOON = { timeoutMs: 60_000 };
const LABEL = `slipway.test=${uniqueName('limits')}`;
const FENCE = 3;

let platform: OwnPlatform;
let nodes: readonly string[];
let producer: Producer;
let following: { stop(): Promise<void> };
const answers: LimitAnswer[] = [];
let agent: AppProcess;

beforeAll(async () => {
  platform = await OwnPlatform.create();
  nodes = await platform.enrolNodes(2);
  await startAgent();
  const brokers = requireEnv('KAFKA_BROKERS').split(',');
  const prefix = String(platform.env['KAFKA_PREFIX']);
  const kafka = createKafka({ brokers, prefix, clientId: uniqueName('limits'), logger: SILENT });
  producer = new Producer(kafka, { source: 'test' });
  await producer.start();
  following = await tail(kafka, {
    ...{ topics: [topics.limitAnswers], from: 'end' },
    onMessage: ({ data }) => void answers.push(limitAnswered.schema.parse(data)),
  });
});
afterEach(async () => {
  for (const node of nodes) {
    const ids = await onNode(node, 'docker', 'ps', '-aq', '--filter', `label=${LABEL}`);
    if (ids !== '') await onNode(node, 'docker', 'rm', '-f', ...ids.split('\n'));
  }
});
afterAll(async () => {
  await following.stop();
  await producer.stop();
  await platform.close();
});

async function startAgent(): Promise<void> {
  agent = await platform.start('agent', { AGENT_REPLICA: uniqueName('agent') });
}

/** A container as the deployer makes them; gives its name. */
async function run(node: string, script = 'sleep 600'): Promise<string> {
  const name = uniqueName('limited');
  const limited = ['--cpus', '.5', '--memory', '64m', '--memory-swap', '64m', '--restart', 'unless-stopped'];
  const own = ['--label', LABEL, '--name', name, ...limited];
  await onNode(node, 'docker', 'run', '-d', ...own, BASE_IMAGES.python, 'sh', '-c', script);
  return name;
}

async function send(
  node: string,
  changes: readonly LimitChange[],
  { fence = FENCE, request = randomUUID() as string } = {},
): Promise<string> {
  const at = new Date().toISOString();
  const data = { request, node, fence, at, changes: [...changes] };
  await producer.publish([{ id: randomUUID(), ...outgoing(limitRequested, data) }]);
  return request;
}

const answersTo = (request: string): readonly LimitAnswer[] =>
  answers.filter((answer) => answer.request === request);
const answered = (request: string): Promise<LimitAnswer> =>
  until('an answer', () => answersTo(request)[0], SOON);

const of = (container: string, limits: LimitsWanted): LimitChange => ({ container, limits });
const codesIn = ({ changes }: LimitAnswer) => changes.map(({ refused }) => refused?.[0]?.code);
const quotaOn = async (node: string, name: string): Promise<number> =>
  Number(await onNode(node, 'docker', 'inspect', '-f', '{{.HostConfig.NanoCpus}}', name)) / 1e9;

it('limits that are asked for are applied by the agent that holds the node, and what the kernel holds is answered', async () => {
  const [node = ''] = nodes;
  const name = await run(node);
  // At its start, an agent does not know the containers yet.
  await answered(await send(node, [of(name, {})]));
  const times: number[] = [];
  for (const cpus of [0.6, 0.7, 0.8]) {
    const begun = performance.now();
    const answer = await answered(await send(node, [of(name, { cpus }), of('nobody', { cpus })]));
    times.push(Math.round(performance.now() - begun));
    expect(codesIn(answer)).toEqual([undefined, 'GONE']);
    expect(answer.changes[0]?.applied).toMatchObject({ cpus, memoryBytes: 64 * 1024 ** 2 });
  }
  console.info(`answered after ${times.join(', ')} ms`);
  expect(await quotaOn(node, name)).toBe(0.8);
});

it('a request that comes again is answered the same, and one with a lower fence is refused', async () => {
  const [, node = ''] = nodes;
  const name = await run(node);
  const request = await send(node, [of(name, { cpus: 0.7 })]);
  const first = await answered(request);
  await answered(await send(node, [of(name, { cpus: 0.9 })]));
  await send(node, [of(name, { cpus: 0.7 })], { request });
  await until('the same answer', () => answersTo(request).length === 2, SOON);
  expect(answersTo(request)[1]).toEqual(first);
  const old = await answered(await send(node, [of(name, { cpus: 0.6 })], { fence: FENCE - 1 }));
  expect(codesIn(old)).toEqual(['FENCE_OUTDATED']);
  expect(await quotaOn(node, name)).toBe(0.9);
});

it('an agent is killed in the middle: its successor applies what was asked for, once', async () => {
  const [node = ''] = nodes;
  const name = await run(node);
  await answered(await send(node, [of(name, {})]));
  // It holds all nodes. The engine hangs, so that it cannot come to an end.
  const engine = (signal: string) => onNode(node, 'sh', '-c', 'kill "-$1" $(pidof dockerd)', 'sh', signal);
  await engine('STOP');
  let request: string;
  try {
    request = await send(node, [of(name, { cpus: 0.7, diskReadBytesPerSecond: 4_000_000 })]);
    await until('the request to be kept', async () => (await kept(request)) === 1, SOON);
    await platform.kill(agent);
  } finally {
    await engine('CONT');
  }
  const begun = performance.now();
  await startAgent();
  const answer = await answered(request);
  console.info(`answered ${Math.round(performance.now() - begun)} ms after its successor was started`);
  expect(codesIn(answer)).toEqual([undefined]);
  expect(answer.changes[0]?.applied).toMatchObject({ cpus: 0.7, diskReadBytesPerSecond: 4_000_000 });
  expect(answersTo(request)).toHaveLength(1);
});

const kept = async (request: string): Promise<number> => {
  const sql = 'SELECT FROM agent.limit_requests WHERE request = $1 AND answered_at IS NULL';
  return (await platform.database.pool.query(sql, [request])).rowCount ?? 0;
};

inWhole.describe('a node that does not answer', () => {
  it('was cut off between plan and apply: it is said, nothing is believed to be applied, and others go on', async () => {
    const [node = '', other = ''] = nodes;
    const [name, else_] = [await run(node), await run(other)];
    await answered(await send(node, [of(name, {})]));
    const { lost, fine } = await whileCutOff(node, async () => {
      const asked = await send(node, [of(name, { cpus: 0.7 })]);
      const fine = await answered(await send(other, [of(else_, { cpus: 0.7 })]));
      return { fine, lost: await answered(asked) };
    });
    expect(codesIn(fine)).toEqual([undefined]);
    expect(codesIn(lost)).toEqual(['UNREACHABLE']);
    expect(lost.changes[0]?.applied).toBeUndefined();
    const again = async (): Promise<LimitAnswer> => answered(await send(node, [of(name, { cpus: 0.7 })]));
    const back = await until(
      'it to be applied',
      async () => {
        const answer = await again();
        return codesIn(answer)[0] === undefined ? answer : undefined;
      },
      SOON,
    );
    expect(back.changes[0]?.applied?.cpus).toBe(0.7);
  });

  it('has an engine that hangs for some seconds: the request waits for it', async () => {
    const [node = ''] = nodes;
    const name = await run(node);
    await answered(await send(node, [of(name, {})]));
    const begun = performance.now();
    const hang = onNode(node, ...['sh', '-c', 'p=$(pidof dockerd); kill -STOP $p; sleep 3; kill -CONT $p']);
    await until('it to hang', () => performance.now() - begun > 500);
    const answer = await answered(await send(node, [of(name, { cpus: 0.7 })]));
    await hang;
    expect(codesIn(answer)).toEqual([undefined]);
    expect(await quotaOn(node, name)).toBe(0.7);
  });
});
