import { describe, expect, it } from 'vitest';
import type { Difference, SeenNode, WatchedNode } from './ports.js';
import { Hastening, WatchedDifferences } from './watched-differences.js';

const NODE = 'node-1';
const START = Date.parse('2026-01-01T00:00:00.000Z');

/** One node whose figures and differences the test gives. */
function underTest() {
  const world = {
    now: START,
    watched: undefined as WatchedNode | undefined,
    found: [] as Difference[],
    compared: [] as SeenNode[],
  };
  const sees = (...running: WatchedNode['running']): void => {
    const liveness = { state: 'alive' as const, since: new Date(START).toISOString() };
    world.watched = { liveness, figures: 'seen', running };
  };
  const differences = new WatchedDifferences({
    agents: { of: () => world.watched, all: () => [NODE] },
    record: {
      async between(seen) {
        world.compared.push(...seen);
        return world.found;
      },
    },
    inventory: {
      leaving: async () => undefined,
      isAway: async () => false,
      allLeaving: async () => new Set<string>(),
    },
    clock: { now: () => new Date(world.now) },
    ...{ nodeGraceMs: 4_000, orphanAgeMs: 60_000 },
  });
  const kinds = async () => (await differences.of([NODE])).map(({ kind }) => kind);
  return { world, differences, sees, kinds };
}

describe('what is compared', () => {
  it('is nothing of a node that no agent watches', async () => {
    const { world, kinds } = underTest();
    world.found = [{ node: NODE, kind: 'missing', about: 'a' }];
    expect([await kinds(), world.compared]).toEqual([[], []]);
  });

  it('is what runs, as far as it is known', async () => {
    const { world, sees, kinds } = underTest();
    sees({ container: 'c', restarts: 0 });
    await kinds();
    world.watched = { ...(world.watched as WatchedNode), figures: 'gap', running: [] };
    await kinds();
    expect(world.compared.map(({ containers }) => containers)).toEqual([['c'], null]);
  });

  it('says that a node is lost once it is unreachable for as long as its grace', async () => {
    const { world, kinds } = underTest();
    const liveness = { state: 'unreachable' as const, since: new Date(START).toISOString() };
    world.watched = { liveness, figures: 'none', running: [] };
    for (world.now of [START + 3_999, START + 4_000]) await kinds();
    expect(world.compared.map(({ alive, lost }) => [alive, lost])).toEqual([
      [false, false],
      [false, true],
    ]);
  });
});

describe('a container without a record', () => {
  const unknown: Difference = { node: NODE, kind: 'unknown', about: 'c' };

  it('is a difference once it has run for long, and none once its engine says that it is of another', async () => {
    const { world, differences, sees, kinds } = underTest();
    sees({ container: 'c', restarts: 0 });
    world.found = [unknown];
    expect(await kinds()).toEqual([]);
    world.now += 60_000;
    expect(await kinds()).toEqual(['unknown']);
    differences.asked(NODE, new Set(['c']));
    expect(await kinds()).toEqual(['unknown']);
    differences.asked(NODE, new Set());
    expect(await kinds()).toEqual([]);
  });
});

it('a container that its engine starts again is a difference each time, until the engine was asked', async () => {
  const { differences, sees, kinds } = underTest();
  sees({ container: 'c', restarts: 1 });
  expect(await kinds()).toEqual(['restarted']);
  differences.asked(NODE, new Set(['c']));
  expect(await kinds()).toEqual([]);
  sees({ container: 'c', restarts: 2 });
  expect(await kinds()).toEqual(['restarted']);
});

it('a node is looked at at once for what is new, and not again for the same', async () => {
  let found: Difference[] = [];
  const hastened: string[] = [];
  const hastening = new Hastening({
    nodes: () => [NODE],
    differences: { of: async () => found },
    hasten: async (nodes) => void hastened.push(nodes.join()),
  });
  const missing = (about: string): Difference => ({ node: NODE, kind: 'missing', about });
  for (found of [[], [missing('a')], [missing('a')], [missing('a'), missing('b')], [], [missing('a')]])
    await hastening.run();
  expect(hastened).toEqual([NODE, NODE, NODE]);
});
