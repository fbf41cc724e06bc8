import { expect, it, vi } from 'vitest';
import { LEASE_MS, LeaseKeeper, RENEW_MS, WATCH_ON_MS } from './hold-leases.js';
import type { HeldNode, Leases, Renewal } from './ports.js';

const NODE: HeldNode = { node: 'node-1', fence: 4, version: 'v', verdict: undefined };
const OWN: Renewal = {
  nodes: ['node-1'],
  others: [],
  leases: [{ node: 'node-1', holder: 'me', state: 'live' }],
  held: [NODE],
};

/** A database that answers or not, and a clock that the test moves. */
function keeperUnderTest(renewal: Renewal = OWN) {
  const world = { ms: 0, isAway: false, removed: () => Promise.resolve() };
  const held: (readonly string[])[] = [];
  const said: string[] = [];
  const calls: string[] = [];
  const leases: Leases = {
    renew: () => (world.isAway ? Promise.reject(new Error('away')) : Promise.resolve(renewal)),
    take: async (nodes) => (calls.push(`take ${nodes.join()}`), []),
    give: async (nodes) => void calls.push(`give ${nodes.join()}`),
    forget: async (nodes) => void calls.push(`forget ${nodes.join()}`),
    end: async () => void calls.push('end'),
  };
  const keeper = new LeaseKeeper({
    leases,
    watching: {
      hold: (nodes) => {
        held.push(nodes.map(({ node }) => node));
        calls.push(`hold ${nodes.map(({ node }) => node).join()}`);
      },
      removed: (node) => (calls.push(`removed ${node}`), world.removed()),
    },
    holder: 'me',
    monotonicMs: () => world.ms,
    onAway: () => said.push('away'),
    onBack: () => said.push('back'),
    onNotForgotten: () => said.push('not forgotten'),
  });
  const run = async (forMs: number): Promise<void> => {
    for (const end = world.ms + forMs; world.ms < end; world.ms += RENEW_MS) await keeper.renew();
  };
  return { world, held, said, calls, keeper, run };
}

it('a lease is valid for as long as the last renewal says, counted from when it was asked', async () => {
  const { world, keeper } = keeperUnderTest();
  expect(keeper.isValid).toBe(false);
  await keeper.renew();
  world.ms = LEASE_MS - 1;
  expect(keeper.isValid).toBe(true);
  world.ms = LEASE_MS;
  expect(keeper.isValid).toBe(false);
});

it('while the database is away it watches on for a minute, without a valid lease, and then stops', async () => {
  const { world, held, said, keeper, run } = keeperUnderTest();
  await run(RENEW_MS);
  world.isAway = true;
  await run(LEASE_MS);
  expect(keeper.isValid).toBe(false);
  await run(WATCH_ON_MS - RENEW_MS);
  expect([held, said]).toEqual([[['node-1']], ['away']]);
  await run(2 * RENEW_MS);
  expect(held.at(-1)).toEqual([]);
  world.isAway = false;
  await run(RENEW_MS);
  expect([held.at(-1), said, keeper.isValid]).toEqual([['node-1'], ['away', 'back'], true]);
});

it('stops watching what it gives, before it gives it', async () => {
  const nodes = ['node-1', 'node-2'];
  const { calls, keeper } = keeperUnderTest({
    ...{ nodes, others: ['other'] },
    leases: nodes.map((node) => ({ node, holder: 'me', state: 'live' })),
    held: nodes.map((node) => ({ ...NODE, node })),
  });
  await keeper.renew();
  expect(calls).toEqual(['hold node-1', 'give node-2']);
});

it('says that a node was removed before its lease goes, so that a replica that is killed between says it again', async () => {
  const { calls, keeper } = keeperUnderTest({
    ...{ nodes: [], others: [], held: [] },
    leases: [{ node: 'node-1', holder: 'other', state: 'free' }],
  });
  await keeper.renew();
  await vi.waitFor(() => expect(calls).toEqual(['hold ', 'removed node-1', 'forget node-1']));
});

it('no lease was renewed and no node taken while Kafka did not take the removal of a node', async () => {
  const { world, said, calls, keeper, run } = keeperUnderTest({
    ...{ nodes: ['node-2'], others: [], held: [] },
    leases: [{ node: 'node-1', holder: 'other', state: 'free' }],
  });
  let refuse = (_: Error): void => undefined;
  world.removed = () => new Promise((_, reject) => (refuse = reject));
  await run(2 * LEASE_MS);
  expect(keeper.isValid).toBe(true);
  expect(calls.filter((call) => call === 'removed node-1')).toHaveLength(1);
  expect(calls).toContain('take node-2');
  refuse(new Error('no broker answers'));
  await vi.waitFor(() => expect(said).toEqual(['not forgotten']));
  world.removed = () => Promise.resolve();
  await keeper.renew();
  await vi.waitFor(() => expect(calls.at(-1)).toBe('forget node-1'));
});

it('ends by stopping all watches first', async () => {
  const { calls, keeper } = keeperUnderTest();
  await keeper.renew();
  await keeper.end();
  expect(calls.slice(-2)).toEqual(['hold ', 'end']);
  expect(keeper.isValid).toBe(false);
});
