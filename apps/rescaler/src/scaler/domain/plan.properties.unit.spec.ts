import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpusetOf, emptyCoreMap, freeShares, heldShares } from '../../pinning/domain/core-map.js';
import type { ContainerStructure, HostStructure } from '../../structures/domain/structure.js';
import type { LimitPlan, LimitWish } from '../../structures/domain/wish.js';
import { containerOf, hostOf, wishOf } from '../../structures/domain/structures.testing.js';
import { planHost } from './plan.js';
import { settle } from './settle.js';

const IDS = ['a', 'b', 'c', 'd', 'e'];
const container = fc.record({
  cpu: fc.integer({ min: 10, max: 160 }),
  memory: fc.integer({ min: 100, max: 1_000 }),
  usage: fc.integer({ min: 0, max: 1_000 }),
});
const containers = fc.array(container, { minLength: 1, maxLength: 5 }).map((list) =>
  list.map(({ cpu, memory, usage }, index) =>
    containerOf(IDS[index] ?? '', {
      resources: {
        cpu: { current: cpu, max: 500, min: 10 },
        memory: { current: memory, max: 3_000, min: 50, usage: Math.min(usage, memory) },
      },
    }),
  ),
);
const wish = fc
  .record({
    id: fc.constantFrom(...IDS, 'gone'),
    resource: fc.constantFrom('cpu' as const, 'memory' as const),
    target: fc.integer({ min: -50, max: 3_500 }),
    field: fc.constantFrom('current' as const, 'current' as const, 'max' as const),
    pair: fc.option(fc.constantFrom(...IDS), { nil: undefined }),
    priority: fc.nat(2),
    at: fc.nat(5),
  })
  .chain(({ id, resource, target, pair, ...own }): fc.Arbitrary<readonly LimitWish[]> =>
    pair === undefined
      ? fc.constant([wishOf(id, resource, target, own)])
      : fc
          .integer({ min: 0, max: 3_000 })
          .map((other) => [
            wishOf(id, resource, target, { ...own, pair }),
            wishOf(pair, resource, other, { ...own, pair: id }),
          ]),
  );
const wishes = fc.array(wish, { maxLength: 8 }).map((list) => list.flat());

const bare = hostOf({
  resources: { cpu: { max: 800, free: 0 }, memory: { max: 5_500, free: 0 } },
  cores: emptyCoreMap([0, 1, 2, 3, 4, 5, 6, 7]),
});
/** The host with its containers on cores. */
const hostWith = (own: readonly ContainerStructure[]): HostStructure =>
  planHost({ host: bare, containers: own, wishes: [] }).host;
const pinned = (
  own: readonly ContainerStructure[],
  { cores }: HostStructure,
): readonly ContainerStructure[] =>
  own.map((each) => (cores ? { ...each, cpuset: cpusetOf(cores, each.id) } : each));

function applied(own: readonly ContainerStructure[], { changes }: Pick<LimitPlan, 'changes'>) {
  const by = new Map(changes.map(({ container: id, limits }) => [id, limits]));
  return own.map((each) => {
    const { cpuset, ...limits } = by.get(each.id) ?? {};
    const resources = Object.fromEntries(
      Object.entries(each.resources).map(([name, state]) => {
        const current = limits[name as keyof typeof limits];
        return [name, current === undefined ? state : { ...state, current }];
      }),
    );
    return { ...each, resources, ...(cpuset !== undefined && { cpuset }) };
  });
}
const limitsOf = (own: readonly ContainerStructure[]) =>
  own.map(({ id, resources, cpuset }) => [id, resources.cpu?.current, resources.memory?.current, cpuset]);

describe('properties of the scaler', () => {
  it('sums are never above the host, and each limit lies within its bounds', () => {
    fc.assert(
      fc.property(containers, wishes, (own, asked) => {
        const planned = planHost({ host: hostWith(own), containers: own, wishes: asked });
        const after = applied(own, planned.plan);
        for (const [resource, most] of [
          ['cpu', 800],
          ['memory', 5_500],
        ] as const) {
          const sum = after.reduce((total, { resources }) => total + (resources[resource]?.current ?? 0), 0);
          expect(sum).toBeLessThanOrEqual(most);
          expect(planned.host.resources[resource]?.free).toBe(most - sum);
        }
        for (const { resources } of planned.containers)
          for (const { min, current, max } of Object.values(resources)) {
            expect(min).toBeLessThanOrEqual(current);
            expect(current).toBeLessThanOrEqual(max);
          }
      }),
    );
  });

  it('the core map is full to the share: each container holds its limit, and the rest is free', () => {
    fc.assert(
      fc.property(containers, wishes, (own, asked) => {
        const { host, containers: after } = planHost({ host: hostWith(own), containers: own, wishes: asked });
        const cores = host.cores ?? emptyCoreMap([]);
        for (const { id, resources } of after) expect(heldShares(cores, id)).toBe(resources.cpu?.current);
        const held = after.reduce((sum, { resources }) => sum + (resources.cpu?.current ?? 0), 0);
        expect(freeShares(cores)).toBe(800 - held);
        for (const { free, held: by } of Object.values(cores.cores)) {
          expect(free + Object.values(by).reduce((sum, shares) => sum + shares, 0)).toBe(100);
          expect(free).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('every plan undone leaves the limits as they were', () => {
    fc.assert(
      fc.property(containers, wishes, (bareOnes, asked) => {
        const host = hostWith(bareOnes);
        const own = pinned(bareOnes, host);
        const { plan } = planHost({ host, containers: own, wishes: asked });
        const undone = applied(applied(own, plan), { changes: plan.undo });
        expect(limitsOf(undone)).toEqual(limitsOf(own));
      }),
    );
  });

  it('every plan that a node refuses leaves the map as it was', () => {
    fc.assert(
      fc.property(containers, wishes, (own, asked) => {
        const host = hostWith(own);
        const planned = planHost({ host, containers: own, wishes: asked });
        const answers = planned.plan.changes.map(({ container: id }) => ({ container: id, applied: {} }));
        const settled = settle({ host, containers: own, planned, answers });
        expect(settled.host).toEqual(host);
        expect(limitsOf(settled.containers)).toEqual(limitsOf(own));
      }),
    );
  });

  it('whatever part of a plan is applied, no accounting is off by one share', () => {
    fc.assert(
      fc.property(
        containers,
        wishes,
        fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
        (own, asked, isDone) => {
          const host = hostWith(own);
          const planned = planHost({ host, containers: own, wishes: asked });
          const answers = planned.plan.changes.map(({ container: id, limits }, index) => ({
            container: id,
            applied: isDone[index] === true ? limits : {},
          }));
          const settled = settle({ host, containers: own, planned, answers });
          const sum = settled.containers.reduce(
            (total, { resources }) => total + (resources.cpu?.current ?? 0),
            0,
          );
          expect(settled.host.resources.cpu?.free).toBe(800 - sum);
          for (const { min, current, max } of settled.containers.flatMap(({ resources }) =>
            Object.values(resources),
          ))
            expect([min, current, max]).toEqual([min, current, max].sort((x, y) => x - y));
        },
      ),
    );
  });

  it('both halves of a swap are planned, or neither', () => {
    fc.assert(
      fc.property(containers, wishes, (own, asked) => {
        const { verdicts } = planHost({ host: hostWith(own), containers: own, wishes: asked });
        for (const { wish: half, isPlanned, target } of verdicts) {
          if (half.pair === undefined || !isPlanned) continue;
          expect(target).toBe(half.target);
          const other = verdicts.filter(
            (each) =>
              each.wish.structure === half.pair &&
              each.wish.pair === half.structure &&
              each.wish.field === half.field &&
              each.wish.resource === half.resource &&
              each.target === each.wish.target,
          );
          expect(other.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('the same wishes give the same plan', () => {
    fc.assert(
      fc.property(containers, wishes, (own, asked) => {
        const plan = () => planHost({ host: hostWith(own), containers: own, wishes: asked });
        expect(plan()).toEqual(plan());
      }),
    );
  });
});
