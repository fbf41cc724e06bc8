import { describe, expect, it } from 'vitest';
import { emptyCoreMap } from '../../pinning/domain/core-map.js';
import { boundsProblems } from '../../structures/domain/bounds.js';
import { currentOf, sharesOfCpuMax } from '../../structures/domain/applied.js';
import { containerOf, hostOf, stateOf, wishOf } from '../../structures/domain/structures.testing.js';
import { planHost } from './plan.js';
import { settle } from './settle.js';
import { splitWishes } from './split.js';

const cpu = { current: 100, max: 300, min: 20 };
const memory = { current: 1_000, max: 4_000, min: 100, usage: 300 };
const disks = {
  diskRead: { current: 100, max: 300, min: 10 },
  diskWrite: { current: 50, max: 300, min: 10 },
  network: { current: 100, max: 300, min: 10 },
};
const a = containerOf('a', { resources: { cpu, memory, ...disks } });
const b = containerOf('b', { resources: { cpu, memory, ...disks } });
const host = hostOf({ cores: emptyCoreMap([0, 1, 2, 3, 4, 5, 6, 7]) });

describe('faults of ServerlessContainers, in the scaler', () => {
  it("1: a failed request crashed the rollback and lost the host's accounting", () => {
    const before = planHost({ host, containers: [a, b], wishes: [] }).host;
    const wishes = [wishOf('a', 'cpu', 250), wishOf('b', 'cpu', 40), wishOf('a', 'memory', 2_000)];
    const planned = planHost({ host: before, containers: [a, b], wishes });
    expect(planned.host.resources.cpu?.free).toBe(510);
    const refused = ['a', 'b'].map((container) => ({ container, applied: {} }));
    const settled = settle({ host: before, containers: [a, b], planned, answers: refused });
    expect(settled.host).toEqual(before);
    expect(settled.containers).toEqual([a, b]);
    // One of two refused: exactly the other one is booked.
    const half = [
      { container: 'a', applied: {} },
      { container: 'b', applied: { cpu: 40 } },
    ];
    const one = settle({ host: before, containers: [a, b], planned, answers: half });
    expect(one.host.resources.cpu?.free).toBe(660);
  });

  it('2: scaling of an application always failed', () => {
    const application = {
      ...{ id: 'shop', containers: ['a', 'b'], state: 'running' as const, rebalanced: true },
      resources: { cpu: stateOf({ max: 600, min: 100 }) },
    };
    const wishes = [wishOf('shop', 'cpu', 660, { field: 'max' })];
    const split = splitWishes({ wishes, users: [], applications: [application], containers: [a, b] });
    expect(split.bounds).toEqual([{ structure: 'shop', resource: 'cpu', max: 660 }]);
    const planned = planHost({ host, containers: [a, b], wishes: split.wishes });
    expect(planned.bounds).toEqual([
      { structure: 'a', resource: 'cpu', max: 330 },
      { structure: 'b', resource: 'cpu', max: 330 },
    ]);
    expect(planned.containers.map(({ resources }) => resources.cpu?.current)).toEqual([130, 130]);
  });

  it.each(['diskRead', 'diskWrite', 'network'] as const)(
    '3: requests for disk and network crashed (%s)',
    (resource) => {
      const known = hostOf({ resources: { [resource]: { max: 1_000, free: 0 } } });
      for (const each of [known, host]) {
        const { plan } = planHost({ host: each, containers: [a, b], wishes: [wishOf('a', resource, 200)] });
        expect(plan.changes).toEqual([{ container: 'a', limits: { [resource]: 200 } }]);
      }
    },
  );

  it('4: one missing container stopped the loop for all', () => {
    const planned = planHost({
      host: hostOf(),
      containers: [a],
      wishes: [wishOf('gone', 'cpu', 200), wishOf('a', 'energy', 3), wishOf('a', 'cpu', 200)],
    });
    expect(planned.plan.changes).toEqual([{ container: 'a', limits: { cpu: 200 } }]);
    expect(planned.verdicts.map(({ isPlanned }) => isPlanned)).toEqual([false, false, true].sort());
  });

  it('4: a container that went while its limits were applied stopped the loop for all', () => {
    const planned = planHost({
      host,
      containers: [a, b],
      wishes: [wishOf('a', 'cpu', 200), wishOf('b', 'cpu', 200)],
    });
    const answers = [
      { container: 'a', applied: {}, isGone: true },
      { container: 'b', applied: { cpu: 200 } },
    ];
    const settled = settle({ host: planned.host, containers: [a, b], planned, answers });
    expect(settled.containers.map(({ id }) => id)).toEqual(['b']);
    expect(settled.host.resources.cpu?.free).toBe(600);
    expect(Object.values(settled.host.cores?.cores ?? {}).some(({ held }) => 'a' in held)).toBe(false);
  });

  it('5: deleting an unknown container left the scaler switched off', () => {
    const without = planHost({ host: hostOf(), containers: [], wishes: [wishOf('a', 'cpu', 200)] });
    expect(without.verdicts).toMatchObject([{ isPlanned: false, because: { constraint: 'missing' } }]);
    const again = planHost({ host: without.host, containers: [a], wishes: [wishOf('a', 'cpu', 200)] });
    expect(again.plan.changes).toHaveLength(1);
  });

  it('10: requests were relative amounts, so that one that came twice counted twice', () => {
    const wishes = [wishOf('a', 'cpu', 150)];
    const once = planHost({ host: hostOf(), containers: [a], wishes });
    const twice = planHost({ host: once.host, containers: once.containers, wishes });
    expect(twice.plan.changes).toEqual([]);
    expect(twice.containers[0]?.resources.cpu?.current).toBe(150);
  });

  it('11: memory shrank below what is used', () => {
    const used = { ...memory, usage: 700 };
    const { plan, verdicts } = planHost({
      ...{ host: hostOf(), containers: [containerOf('a', { resources: { memory: used } })] },
      wishes: [wishOf('a', 'memory', 200)],
    });
    expect(plan.changes).toEqual([{ container: 'a', limits: { memory: 700 } }]);
    expect(verdicts).toMatchObject([{ because: { constraint: 'working-set' } }]);
    const { usage: _, ...unknown } = stateOf(memory);
    const blind = { ...a, resources: { memory: unknown } };
    const nothing = planHost({ host: hostOf(), containers: [blind], wishes: [wishOf('a', 'memory', 200)] });
    expect(nothing.verdicts).toMatchObject([{ isPlanned: false, because: { constraint: 'missing' } }]);
  });

  it('11: memory that one container may not give back was given to another', () => {
    const full = hostOf({ resources: { memory: { max: 2_000, free: 0 } } });
    const wishes = [wishOf('a', 'memory', 500), wishOf('b', 'memory', 1_500)];
    const first = planHost({ host: full, containers: [a, b], wishes });
    expect(first.plan.changes).toEqual([{ container: 'a', limits: { memory: 500 } }]);
    const next = planHost({ host: full, containers: first.containers, wishes });
    expect(next.plan.changes).toEqual([{ container: 'b', limits: { memory: 1_500 } }]);
  });

  it('12: cpu "-1" and memory "-1" were written verbatim', () => {
    expect([-1, 0, undefined, NaN, Infinity].map((applied) => currentOf(applied, 300))).toEqual(
      Array(5).fill(300),
    );
    expect(['max 100000', '-1 100000', '', '0 100000'].map(sharesOfCpuMax)).toEqual(Array(4).fill(undefined));
    const wishes = [wishOf('a', 'cpu', -1), wishOf('b', 'cpu', Number.NaN)];
    const { plan } = planHost({ host: hostOf(), containers: [a, b], wishes });
    expect(plan.changes).toEqual([{ container: 'a', limits: { cpu: 20 } }]);
  });

  it('13: quota and cpuset were written one after the other with no rollback', () => {
    const placed = planHost({ host, containers: [a, b], wishes: [] }).host;
    const { plan } = planHost({ host: placed, containers: [a, b], wishes: [wishOf('a', 'cpu', 250)] });
    expect(plan.changes).toEqual([{ container: 'a', limits: { cpu: 250, cpuset: '0,2-3' } }]);
    expect(plan.undo).toEqual([{ container: 'a', limits: { cpu: 100, cpuset: '0' } }]);
  });

  it('15: min above max was accepted', () => {
    const problems = (own: Parameters<typeof stateOf>[0]) => boundsProblems({ cpu: stateOf(own) });
    expect(problems({ min: 300, max: 200 })).toEqual(['cpu: min 300 is above max 200']);
    expect(problems({ min: 0 })).toEqual(['cpu: min and max are 0 and 200; expected whole numbers above 0']);
    expect(problems({ boundary: 100 })).toEqual(['cpu: boundary is 100 %; expected 0 to less than 100']);
    expect(problems({})).toEqual([]);
  });

  it('19: the limit of writing was answered under the key of reading', () => {
    const wishes = [wishOf('a', 'diskWrite', 200)];
    const planned = planHost({ host: hostOf(), containers: [a], wishes });
    expect(planned.plan.changes).toEqual([{ container: 'a', limits: { diskWrite: 200 } }]);
    const answers = [{ container: 'a', applied: { diskWrite: 200 } }];
    const settled = settle({ host: hostOf(), containers: [a], planned, answers }).containers[0]?.resources;
    expect([settled?.diskRead?.current, settled?.diskWrite?.current]).toEqual([100, 200]);
  });
});

describe('swaps', () => {
  const swap = (from: number, to: number, own = {}) => [
    wishOf('a', 'cpu', from, { pair: 'b', ...own }),
    wishOf('b', 'cpu', to, { pair: 'a', ...own }),
  ];

  it('are planned as a whole', () => {
    const full = hostOf({ resources: { cpu: { max: 200, free: 0 } } });
    const { plan } = planHost({ host: full, containers: [a, b], wishes: swap(60, 140) });
    expect(plan.changes.map(({ limits }) => limits.cpu)).toEqual([60, 140]);
    expect(plan.undo.map(({ container }) => container)).toEqual(['b', 'a']);
  });

  it.each([
    ['the giver would fall below its min', swap(10, 190)],
    ['the taker would rise above its max', swap(60, 340)],
    ['its other half is not there', swap(60, 140).slice(0, 1)],
    [
      'its other half is of another field',
      [...swap(60, 140).slice(0, 1), ...swap(60, 140, { field: 'max' }).slice(1)],
    ],
  ])('are not planned at all where %s', (_, wishes) => {
    const { plan, host: after, verdicts } = planHost({ host, containers: [a, b], wishes });
    expect(after).toEqual(planHost({ host, containers: [a, b], wishes: [] }).host);
    expect(plan.changes.filter(({ limits }) => limits.cpu !== 100)).toEqual([]);
    expect(verdicts.some(({ isPlanned }) => isPlanned)).toBe(false);
  });

  it('of memory are taken back where a node refuses one half', () => {
    const full = hostOf({ resources: { memory: { max: 2_000, free: 0 } } });
    const wishes = [wishOf('a', 'memory', 500, { pair: 'b' }), wishOf('b', 'memory', 1_500, { pair: 'a' })];
    const planned = planHost({ host: full, containers: [a, b], wishes });
    const answers = [
      { container: 'a', applied: { memory: 1_000 } },
      { container: 'b', applied: { memory: 1_500 } },
    ];
    const { revert } = settle({ host: full, containers: [a, b], planned, answers });
    expect(revert).toEqual([{ container: 'b', limits: { memory: 1_000 } }]);
  });
});

describe('which wish counts', () => {
  it.each([
    ['the higher priority', { priority: 1, at: 1 }, { priority: 0, at: 9 }, 150],
    ['the newer one', { priority: 0, at: 1 }, { priority: 0, at: 9 }, 250],
  ])('%s', (_, first, second, target) => {
    const wishes = [wishOf('a', 'cpu', 150, first), wishOf('a', 'cpu', 250, second)];
    const { plan, verdicts } = planHost({ host: hostOf(), containers: [a], wishes });
    expect(plan.changes).toEqual([{ container: 'a', limits: { cpu: target } }]);
    expect(verdicts.find(({ isPlanned }) => !isPlanned)?.because.constraint).toBe('older');
  });

  it('what has the higher priority gets what is free', () => {
    const full = hostOf({ resources: { cpu: { max: 250, free: 0 } } });
    const wishes = [wishOf('a', 'cpu', 200), wishOf('b', 'cpu', 200, { priority: 1 })];
    const { plan } = planHost({ host: full, containers: [a, b], wishes });
    expect(plan.changes).toEqual([{ container: 'b', limits: { cpu: 150 } }]);
  });

  it.each([
    [40, 200, false],
    [60, 200, true],
    [60, 50, false],
    [40, 50, true],
  ])(
    'with a power budget of %i W for one made for 50 W, CPU to %i is planned: %s',
    (budget, target, isPlanned) => {
      const wishes = [wishOf('a', 'cpu', target, { powerBudget: 50 })];
      const { verdicts } = planHost({ host: hostOf(), containers: [a], wishes, powerBudgets: { a: budget } });
      expect(verdicts.map((verdict) => verdict.isPlanned)).toEqual([isPlanned]);
    },
  );

  it('counts what an unanswered plan may have raised', () => {
    const full = hostOf({ resources: { cpu: { max: 300, free: 0 } } });
    const inFlight = [{ host: 'host-1', changes: [{ container: 'a', limits: { cpu: 180 } }], undo: [] }];
    const { plan } = planHost({
      host: full,
      containers: [a, b],
      inFlight,
      wishes: [wishOf('b', 'cpu', 300)],
    });
    expect(plan.changes).toEqual([{ container: 'b', limits: { cpu: 120 } }]);
  });
});
