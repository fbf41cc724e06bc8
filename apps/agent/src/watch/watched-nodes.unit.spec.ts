import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ObservedNode } from '#libs/observations';
import type { HeldNode } from '../leases/ports.js';
import { FakeNode } from './watch.testing.js';
import { type NodePlace, WatchedNodes } from './watched-nodes.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const held = (changes: Partial<HeldNode> = {}): HeldNode => ({
  ...{ node: 'node-1', fence: 1, version: 'a', verdict: undefined },
  ...changes,
});

function nodesUnderTest() {
  const opened: FakeNode[] = [];
  const seconds: ObservedNode[] = [];
  const stopped: string[] = [];
  const errors: unknown[] = [];
  const range = { firstPort: 20_000, lastPort: 20_009 };
  const world: { key: string; place: () => Promise<NodePlace | undefined> } = {
    key: 'there',
    place: () =>
      Promise.resolve({ key: world.key, range, open: () => (opened.push(new FakeNode()), last()) }),
  };
  const last = (): FakeNode => opened.at(-1) as FakeNode;
  const nodes = new WatchedNodes({
    watchers: { observed: (second) => seconds.push(second), stateOf: () => undefined },
    now: () => new Date(0),
    onLeftOut: () => undefined,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    placeOf: () => world.place(),
    onError: (error) => errors.push(error),
    onStopped: (node) => stopped.push(node),
    onRemoved: () => Promise.resolve(),
  });
  const pass = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      opened.at(-1)?.channels.at(-1)?.pass(0.1);
    }
  };
  /** Nodes that never open a channel, and are otherwise as it is said. */
  const openNone = (change: (node: FakeNode) => void): void => {
    const open = (): FakeNode => {
      const node = new FakeNode();
      node.openChannel = () => new Promise(() => undefined);
      change(node);
      opened.push(node);
      return node;
    };
    world.place = () => Promise.resolve({ key: world.key, range, open });
  };
  return { nodes, opened, seconds, stopped, errors, world, pass, last, openNone };
}

it('watches what is held, and nothing that is not', async () => {
  const { nodes, seconds, stopped, pass } = nodesUnderTest();
  nodes.hold([held()]);
  await pass(4);
  const count = seconds.length;
  expect([nodes.names, count > 1]).toEqual([['node-1'], true]);
  nodes.hold([]);
  await pass(3);
  expect([nodes.names, stopped, seconds.length]).toEqual([[], ['node-1'], count]);
});

it('a node that is held again with the same fence was counted from 1 again, which readers take for old', async () => {
  const { nodes, seconds, pass } = nodesUnderTest();
  nodes.hold([held()]);
  await pass(5);
  const before = seconds.at(-1)?.sequence ?? 0;
  nodes.hold([]);
  nodes.hold([held()]);
  await pass(5);
  const after = seconds.map(({ sequence }) => sequence).slice(-2);
  for (const sequence of after) expect(sequence).toBeGreaterThan(before);
  nodes.hold([held({ fence: 2 })]);
  await pass(4);
  expect(seconds.at(-1)?.sequence).toBeLessThan(before);
  nodes.close();
});

it('connects anew where the way to a node has changed, and only then', async () => {
  const { nodes, opened, seconds, world, pass } = nodesUnderTest();
  nodes.hold([held()]);
  await pass(3);
  nodes.hold([held({ version: 'b' })]);
  await pass(2);
  expect(opened).toHaveLength(1);
  world.key = 'elsewhere';
  nodes.hold([held({ version: 'c' })]);
  await pass(4);
  expect(opened).toHaveLength(2);
  const sequences = seconds.map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  nodes.close();
});

it('a login that cannot be read is said once, and tried again', async () => {
  const { nodes, opened, errors, world, pass } = nodesUnderTest();
  const { place } = world;
  world.place = () => Promise.reject(new Error('the key is not here'));
  nodes.hold([held()]);
  await pass(12);
  expect([opened.length, errors.length]).toEqual([0, 1]);
  world.place = place;
  await pass(6);
  expect(opened).toHaveLength(1);
  nodes.close();
});

it('a thousand nodes were reached side by side: most were given up as too late, and begun anew', async () => {
  const { nodes, opened, openNone } = nodesUnderTest();
  openNone((node) => (node.ask = () => new Promise(() => undefined)));
  nodes.hold(Array.from({ length: 70 }, (_, n) => held({ node: `node-${n}` })));
  await vi.advanceTimersByTimeAsync(19_900);
  expect(opened).toHaveLength(30);
  // Those that are slow hold the others up for some seconds.
  await vi.advanceTimersByTimeAsync(200);
  expect(opened).toHaveLength(60);
  await vi.advanceTimersByTimeAsync(40_000);
  expect(opened).toHaveLength(70);
  nodes.close();
});

it.each<[string, { fromMs: number; toMs: number }, (node: FakeNode) => void]>([
  [
    'that are off',
    { fromMs: 900, toMs: 1_100 },
    (node) =>
      (node.reach = () =>
        new Promise((_, reject) => setTimeout(() => reject(new Error('no answer')), 1_000))),
  ],
  [
    'behind a jump host that is off',
    { fromMs: 1_900, toMs: 3_000 },
    (node) =>
      Object.assign(node, { kernelAnswers: false, ask: () => Promise.reject(new Error('no answer')) }),
  ],
])(
  'nodes %s hold the others up no longer than it takes to know that',
  async (_what, { fromMs, toMs }, change) => {
    const { nodes, opened, openNone } = nodesUnderTest();
    openNone(change);
    nodes.hold(Array.from({ length: 60 }, (_, n) => held({ node: `node-${n}` })));
    await vi.advanceTimersByTimeAsync(fromMs);
    expect(opened).toHaveLength(30);
    await vi.advanceTimersByTimeAsync(toMs - fromMs);
    expect(opened).toHaveLength(60);
    nodes.close();
  },
);

it('nodes that are silent together have more time, and one that is left alone has no more than others', async () => {
  const { nodes, opened, pass, openNone } = nodesUnderTest();
  const fail: (() => void)[] = [];
  openNone((node) => {
    node.ask = (limitMs) => {
      node.askLimitsMs.push(limitMs);
      return new Promise((_, reject) => fail.push(() => reject(new Error('too late'))));
    };
  });
  const five = Array.from({ length: 5 }, (_, n) => held({ node: `node-${n}` }));
  const failAll = async (): Promise<void> => {
    fail.splice(0).forEach((one) => one());
    await pass(2);
  };
  nodes.hold(five);
  await pass(2);
  await failAll();
  expect(opened[0]?.askLimitsMs).toEqual([2_000, 32_000]);
  // Those that others watch from now on end their checks, too.
  nodes.hold(five.slice(0, 1));
  await failAll();
  expect(opened[0]?.askLimitsMs).toEqual([2_000, 32_000, 8_000]);
  nodes.close();
});
