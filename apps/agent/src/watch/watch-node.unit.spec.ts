import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ObservedNode } from '#libs/observations';
import type { NodeStatus } from './ports.js';
import { NodeWatch } from './watch-node.js';
import { FakeChannel, FakeNode, idOf, inspected } from './watch.testing.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

async function watchUnderTest() {
  const world = { share: 1, leftOut: 0 };
  const node = new FakeNode();
  node.engine.containers.set(idOf('a'), inspected('a'));
  node.engine.containers.set(idOf('b'), inspected('b', { labels: {}, name: 'stranger' }));
  const seconds: ObservedNode[] = [];
  const statuses: NodeStatus[] = [];
  const watch = new NodeWatch({
    ...{ node: 'node-1', fence: 7, access: node, verdict: undefined, sequence: 0 },
    range: { firstPort: 20_000, lastPort: 20_009 },
    watchers: { observed: (second) => seconds.push(second), stateOf: (status) => statuses.push(status) },
    now: () => new Date(0),
    fleet: { answered: () => undefined, missed: () => undefined, isInDoubt: () => false },
    share: () => world.share,
    onLeftOut: () => (world.leftOut += 1),
    onError: () => undefined,
    pause: (ms, signal) =>
      new Promise((resolve) => {
        setTimeout(resolve, ms);
        signal.addEventListener('abort', () => resolve());
      }),
  });
  void watch.start(1_000);
  await pass(0);
  /** Seconds in which everything used so many cores. */
  const each = async (count: number, cores: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      node.channels.at(-1)?.pass(cores);
      await pass(1_000);
    }
  };
  const sequences = (): readonly number[] => seconds.map(({ sequence }) => sequence);
  return { node, watch, world, seconds, statuses, each, sequences };
}

it('a look each second gives what the second used: instances by name, strangers together', async () => {
  const { watch, seconds, each } = await watchUnderTest();
  await each(3, 0.25);
  expect(seconds.map(({ sequence, fence }) => [sequence, fence])).toEqual([
    [1, 7],
    [2, 7],
    [3, 7],
  ]);
  const [, second] = seconds;
  expect([...(second?.instances.values() ?? [])]).toMatchObject([
    {
      instance: 'shop-web-a',
      identity: { container: idOf('a'), appId: 'shop', service: 'web', release: 'r1' },
      usage: { cpu: 0.25, memoryBytes: 100, oomKills: 0 },
      details: { processes: 3, limits: { cpus: 1, cpuset: '0' }, restarts: 0 },
    },
  ]);
  expect(second?.others).toEqual({ count: 1, cpu: 0.25, memoryBytes: 100 });
  expect(second?.sizes).toEqual({
    ...{ cpus: 2, memoryBytes: 1_000, swapBytes: 0, diskBytes: 10_000, diskFreeBytes: 4_000, clockSkewMs: 5 },
  });
  expect(second?.host).toMatchObject({ seconds: 1, cpu: { user: 0.25 }, memoryAvailableBytes: 600 });
  watch.stop();
});

it('the first second and every tenth are slow looks', async () => {
  const { node, watch, each } = await watchUnderTest();
  await each(21, 0);
  expect(node.channel.looks.flatMap((isSlow, n) => (isSlow ? [n + 1] : []))).toEqual([2, 11, 21]);
  watch.stop();
});

it('a look that is late is a gap: its second is not sent, and the sequence shows it', async () => {
  const { node, watch, sequences, each } = await watchUnderTest();
  await each(2, 0.1);
  node.channel.answer = () => new Promise((resolve) => setTimeout(resolve, 2_500));
  await each(1, 0.1);
  node.channel.answer = () => Promise.resolve();
  await each(5, 0.1);
  expect(sequences()).toEqual([1, 2, 6, 7, 8]);
  watch.stop();
});

it('a look that gets no answer is a gap, and the figures after it are those of the whole time', async () => {
  const { node, watch, seconds, sequences, each } = await watchUnderTest();
  await each(2, 0.5);
  node.channel.answer = () => Promise.reject(new Error('garbled'));
  await each(2, 0.5);
  node.channel.answer = () => Promise.resolve();
  await each(1, 0.5);
  expect(sequences()).toEqual([1, 2, 5]);
  expect(seconds[2]?.host).toMatchObject({ seconds: 3, cpu: { user: 0.5 } });
  watch.stop();
});

it('a node that is cut off is unreachable within 6 s, its connections are let go, and it comes back', async () => {
  const { node, watch, seconds, statuses, each } = await watchUnderTest();
  await each(3, 0.1);
  expect(watch.verdict?.state).toBe('alive');
  node.isCut = true;
  node.engine.isAway = true;
  node.channel.answer = () => new Promise(() => undefined);
  const before = node.channel;
  let passed = 0;
  for (; watch.verdict?.state === 'alive' && passed < 10; passed += 1) await pass(1_000);
  expect([watch.verdict?.state, node.resets]).toEqual(['unreachable', 1]);
  expect(passed).toBeLessThanOrEqual(6);
  expect(passed).toBeGreaterThanOrEqual(3);
  expect(statuses.at(-1)?.verdict).toBe(watch.verdict);
  const sent = seconds.length;
  node.isCut = false;
  node.engine.isAway = false;
  await each(10, 0.1);
  expect(watch.verdict?.state).toBe('alive');
  expect(node.channel).not.toBe(before);
  expect(seconds.length).toBeGreaterThan(sent);
  watch.stop();
});

it('a node whose answers are all garbled is still judged, by cheaper checks', async () => {
  const { node, watch, each } = await watchUnderTest();
  node.channel.answer = () => Promise.reject(new Error('garbled'));
  await each(3, 0.1);
  expect(watch.verdict?.state).toBe('alive');
  node.isCut = true;
  await each(5, 0.1);
  expect(watch.verdict?.state).toBe('unreachable');
  watch.stop();
});

it('a node whose engine is away is unreachable, though it answers looks', async () => {
  const { node, watch, each } = await watchUnderTest();
  await each(3, 0.1);
  node.engine.isAway = true;
  node.engine.cut();
  node.ask = () => Promise.reject(new Error('the engine is away'));
  await each(3, 0.1);
  expect(watch.verdict?.state).toBe('alive');
  await each(2, 0.1);
  expect(watch.verdict).toMatchObject({ state: 'unreachable', reason: 'the engine is away' });
  watch.stop();
});

it('one second of an sshd that is started anew was several failed checks', async () => {
  const { node, watch, each } = await watchUnderTest();
  await each(3, 0.1);
  node.isCut = true;
  node.channel.close();
  await each(2, 0.1);
  node.isCut = false;
  await each(5, 0.1);
  expect(watch.verdict).toMatchObject({ state: 'alive', since: new Date(0).toISOString() });
  watch.stop();
});

it('a busy node whose looks are late stays alive', async () => {
  const { node, watch, statuses, each } = await watchUnderTest();
  await each(3, 0.1);
  node.channel.answer = () => new Promise((resolve) => setTimeout(resolve, 4_500));
  await each(60, 2);
  expect(new Set(statuses.slice(3).map(({ verdict }) => verdict?.state))).toEqual(new Set(['alive']));
  watch.stop();
});

it('after it was stopped nothing is asked or told', async () => {
  const { node, watch, seconds, each } = await watchUnderTest();
  await each(2, 0.1);
  watch.stop();
  const [asked, told] = [node.channel.looks.length, seconds.length];
  await each(3, 0.1);
  expect([node.channel.looks.length, seconds.length, node.channels.length]).toEqual([asked, told, 1]);
});

it('a channel whose first look got no answer stayed open for ever, with its shell on the node', async () => {
  const { node, watch, each } = await watchUnderTest();
  await each(2, 0.1);
  const open = node.openChannel.bind(node);
  node.openChannel = async () => {
    const channel = await open();
    node.channel.answer = () => Promise.reject(new Error('late'));
    return channel;
  };
  node.channel.close();
  await each(4, 0.1);
  const [, ...failed] = node.channels;
  expect(failed.length).toBeGreaterThan(1);
  expect(failed.slice(0, -1).every(({ isClosed }) => isClosed)).toBe(true);
  watch.stop();
});

it('a channel that answered after its watch had stopped stayed open for ever', async () => {
  const { node, watch, each } = await watchUnderTest();
  await each(2, 0.1);
  let answer = (): void => undefined;
  const open = node.openChannel.bind(node);
  node.openChannel = async () => {
    const channel = await open();
    node.channel.answer = () => new Promise((resolve) => (answer = resolve));
    return channel;
  };
  node.channel.close();
  await each(1, 0.1);
  const { channel } = node;
  // As on the node that the agent runs on, whose shell is a process of its own.
  node.close = () => undefined;
  watch.stop();
  answer();
  await pass(0);
  expect(channel.isClosed).toBe(true);
});

it('a node whose topology was not answered in the first second had none for as long as its channel lasted', async () => {
  const { node, watch, statuses, each } = await watchUnderTest();
  node.channel.topology = () => Promise.reject(new Error('late'));
  await each(2, 0);
  expect(statuses.at(-1)?.topology).toBeUndefined();
  node.channel.topology = () => new FakeChannel().topology();
  await each(60, 0);
  expect(statuses.at(-1)?.topology).toMatchObject({ threads: 2 });
  watch.stop();
});

it('a check that ended after the watch had stopped gave a verdict on a node that others watch', async () => {
  const { node, watch, statuses, each } = await watchUnderTest();
  await each(3, 0.1);
  const fail: (() => void)[] = [];
  node.reach = () => new Promise((_, reject) => fail.push(() => reject(new Error('no answer'))));
  node.channel.answer = () => Promise.reject(new Error('garbled'));
  await each(5, 0.1);
  watch.stop();
  const [told, { resets }] = [statuses.length, node];
  fail.forEach((one) => one());
  await pass(0);
  expect(fail.length).toBeGreaterThan(2);
  expect([statuses.length, node.resets]).toEqual([told, resets]);
});

it('asks once a minute on which ports something listens, and keeps what it knew where that is not answered', async () => {
  const { node, watch, statuses, each } = await watchUnderTest();
  expect(statuses.at(-1)?.listeningPorts).toBeUndefined();
  node.channel.ports = () => Promise.resolve([20_001]);
  await each(30, 0);
  expect([node.channel.askedForPorts, statuses.at(-1)?.listeningPorts]).toEqual([1, [20_001]]);
  node.channel.ports = () => Promise.reject(new Error('late'));
  await each(60, 0);
  expect([node.channel.askedForPorts, statuses.at(-1)?.listeningPorts]).toEqual([2, [20_001]]);
  node.channel.ports = () => Promise.resolve([]);
  await each(60, 0);
  expect([node.channel.askedForPorts, statuses.at(-1)?.listeningPorts]).toEqual([3, []]);
  watch.stop();
});

it('a replica that was behind answered all looks too late: now it leaves seconds out, which are gaps', async () => {
  const { watch, world, seconds, each, sequences } = await watchUnderTest();
  await each(3, 0.25);
  world.share = 0.5;
  const before = seconds.length;
  await each(10, 0.25);
  expect(seconds.length - before).toBe(5);
  expect(world.leftOut).toBe(5);
  expect(sequences().at(-1)).toBeGreaterThanOrEqual(12);
  expect(watch.verdict?.state).not.toBe('unreachable');
  watch.stop();
});

it('a node with many containers was asked anew each second, until its engine had told of each', async () => {
  const { node, watch, each } = await watchUnderTest();
  await each(2, 0);
  let asked = 0;
  node.ask = () => Promise.resolve(void (asked += 1));
  node.engine.cut();
  // Of these the engine tells four a second.
  for (const letter of 'cdefghijklmnopqr') node.engine.containers.set(idOf(letter), inspected(letter));
  const inspect = node.engine.inspect.bind(node.engine);
  node.engine.inspect = async (id) => {
    await new Promise((resolve) => setTimeout(resolve, 900));
    return inspect(id);
  };
  await each(6, 0);
  expect(asked).toBeLessThanOrEqual(1);
  expect(watch.verdict?.state).toBe('alive');
  watch.stop();
});
