import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Asked, HeldPlace } from '../placement/domain/asked.js';
import { Fleet } from '../placement/domain/fleet.js';
import {
  type Candidate,
  type KnownOfService,
  place,
  serviceKey,
  type Wish,
} from '../placement/domain/place.js';
import { candidate, imageOf, layersOf } from '../placement/domain/place.testing.js';
import type { Evictable } from '../placement/domain/preemption.js';
import type { Hold } from '../placement/domain/waiting-line.js';
import { makePlan, type Plan, type PlanWish } from './make-plan.js';
import type { Fleets } from './ports.js';

const held = (name: string, changes: Partial<HeldPlace> = {}): HeldPlace => ({
  ...{ accessToken: `${name}:web:0`, instance: `shop-web-${name}-0`, appId: 'shop', service: 'web' },
  ...{ cpu: 0.5, memoryMiB: 500, port: 20_000 },
  asked: { resources: { cpu: 0.5, memoryMiB: 500 } },
  ...changes,
});

const sized = (count: number) => ({ count, cpu: 0.5 * count, memoryMiB: 500 * count });
/** Of 2 cores and 2,000 MiB, with instances of `shop/web` that have 0.5 cores and 500 MiB each. */
const nodeWith = (name: string, count: number, changes: Partial<Candidate> = {}): Candidate => ({
  ...candidate(name),
  reserved: { cpu: 0.5 * count, memoryMiB: 500 * count },
  instances: new Map(count === 0 ? [] : [[serviceKey('shop', 'web'), sized(count)]]),
  lastPort: 20_009,
  takenPorts: new Set(Array.from({ length: count }, (_, index) => 20_000 + index)),
  ...changes,
});

function fleetOf(...nodes: readonly Candidate[]): Fleet {
  const fleet = new Fleet('spread');
  for (const node of nodes) fleet.set(node);
  return fleet;
}

/** Nothing may be stopped. */
const unevictable: Pick<Fleets, 'mayPreempt' | 'evictable'> = {
  mayPreempt: false,
  evictable: () => Promise.resolve([]),
};

async function planned(
  fleet: Fleet,
  wish: PlanWish,
  there: readonly HeldPlace[] = [],
  {
    known = {},
    askedLast,
    hold,
    ...more
  }: Partial<Fleets> & {
    readonly known?: KnownOfService;
    readonly askedLast?: Asked;
    readonly hold?: Hold;
  } = {},
): Promise<Plan> {
  const fleets = {
    ...unevictable,
    snapshot: () =>
      Promise.resolve({ fleet: fleet.copy(), held: there, known: () => known, askedLast, hold }),
    pause: () => Promise.resolve(),
    ...more,
  };
  const plan = await makePlan(fleets, wish);
  if (plan === undefined) throw new Error('expected a plan');
  return plan;
}
const placesOf = ({ found }: Plan): readonly (string | undefined)[] =>
  found.map((one) => (one.kind === 'placed' ? one.to : undefined));

describe('a plan', () => {
  it('placed instances on the node that is kept for what waits for room', async () => {
    const fleet = fleetOf(nodeWith('a', 3), nodeWith('b', 4));
    const hold: Hold = { node: 'a', accessToken: 'r:big:0', priority: 10 };
    const resources = { cpu: 0.5, memoryMiB: 500 };
    const place = async (more: object, kept: Hold = hold) =>
      planned(fleet, { kind: 'place', count: 1, resources, ...more }, [], { hold: kept });
    expect((await place({})).found).toMatchObject([
      { kind: 'unplaced', refused: [{ filter: 'held', nodes: 1 }, { filter: 'cpu' }] },
    ]);
    expect(placesOf(await place({ priority: 10 }))).toEqual([undefined]);
    expect(placesOf(await place({ priority: 11 }))).toEqual(['a']);
    expect(placesOf(await place({ priority: 11 }, { ...hold, evicting: true }))).toEqual([undefined]);
    const drain = await planned(fleet, { kind: 'drain', node: 'b' }, [held('one')], { hold });
    expect(placesOf(drain)).toEqual([undefined]);
  });

  it('of a drain moves what is there to where the placement puts it, and says what has no room and why', async () => {
    const fleet = fleetOf(nodeWith('a', 3), nodeWith('b', 3), nodeWith('c', 3, { state: 'cordoned' }));
    const plan = await planned(fleet, { kind: 'drain', node: 'a' }, [
      held('one'),
      held('two'),
      held('three'),
    ]);
    expect(placesOf(plan)).toEqual(['b', undefined, undefined]);
    expect(plan.found[0]).toMatchObject({ of: { instance: 'shop-web-one-0', from: 'a' }, to: 'b' });
    expect(plan.found[1]).toMatchObject({
      refused: [
        { filter: 'state', nodes: 2 },
        { filter: 'cpu', missing: 'needs 0.5 cores, best free 0 on b' },
      ],
    });
    expect(plan.before).toEqual({
      ...{ nodes: 3, ready: 2, used: 2, worst: { node: 'a', cpuShare: 0.75, memoryShare: 0.75 } },
      room: [{ cpu: 0.5, memoryMiB: 500, instances: 2 }],
    });
    expect(plan.after).toMatchObject({ nodes: 3, ready: 1, worst: { node: 'b', cpuShare: 1 } });
    expect(plan.after.room).toEqual([{ cpu: 0.5, memoryMiB: 500, instances: 0 }]);
    expect(fleet.get('b')?.reserved.cpu).toBe(1.5);
  });

  it('of a drain lets instances with volumes stay; of a removal, they can go nowhere', async () => {
    const fleet = fleetOf(nodeWith('a', 1), nodeWith('b', 0));
    const asked = { resources: { cpu: 0.5, memoryMiB: 500 } };
    for (const known of [
      { ...asked, hasVolumes: true },
      { ...asked, onNode: 'a' },
    ]) {
      const there = [held('db', { asked: known })];
      const drained = await planned(fleet, { kind: 'drain', node: 'a' }, there);
      expect(drained.found).toEqual([]);
      expect(drained.staying).toMatchObject([{ instance: 'shop-web-db-0', from: 'a' }]);
      const removed = await planned(fleet, { kind: 'remove', node: 'a' }, there);
      expect(removed.found).toMatchObject([
        { kind: 'unplaced', refused: [{ missing: 'b the volumes of the service are on a' }] },
      ]);
      expect(removed.after.nodes).toBe(1);
    }
  });

  it('holds to the constraints that the instance was placed by, and says of how many they are not known', async () => {
    const fleet = fleetOf(
      nodeWith('a', 2),
      nodeWith('b', 0),
      nodeWith('ssd', 2, { labels: { disk: 'ssd' } }),
    );
    const resources = { cpu: 0.5, memoryMiB: 500 };
    const plan = await planned(fleet, { kind: 'drain', node: 'a' }, [
      held('one', { asked: { resources, placement: { constraints: ['disk=ssd'] }, exceptNodes: ['ssd'] } }),
      held('two', { asked: undefined }),
    ]);
    expect(placesOf(plan)).toEqual(['ssd', 'b']);
    expect(plan.unknown).toBe(1);
  });

  it('of more nodes has their room, without what runs on the one that they are like', async () => {
    const fleet = fleetOf(nodeWith('a', 3), nodeWith('new-1', 4));
    const plan = await planned(fleet, { kind: 'add', like: 'a', count: 2 });
    expect(plan.added).toEqual(['new-2', 'new-3']);
    expect([plan.before.room[0]?.instances, plan.after.room[0]?.instances]).toEqual([1, 9]);
    expect([plan.before.used, plan.after.used, plan.after.ready]).toEqual([2, 2, 4]);
  });

  it('of more nodes counted what others use on the one that they are like as used on each of them', async () => {
    const measured = {
      machine: { cpu: 2, memoryMiB: 2_000 },
      others: { cpu: 1, memoryMiB: 1_000 },
    };
    const fleet = fleetOf(nodeWith('a', 1, { measured }));
    const plan = await planned(fleet, { kind: 'add', like: 'a', count: 1 });
    expect([plan.before.room[0]?.instances, plan.after.room[0]?.instances]).toEqual([1, 5]);
  });

  it('of new instances fills the fleet as far as it goes, beside those of the service', async () => {
    const resources = { cpu: 1, memoryMiB: 100 };
    const fleet = fleetOf(nodeWith('a', 1), nodeWith('b', 0));
    const plan = await planned(fleet, { kind: 'place', count: 4, resources });
    expect(placesOf(plan)).toEqual(['b', 'a', 'b', undefined]);
    expect(plan.before.room[0]).toEqual({ ...resources, instances: 3 });
    expect(plan.after.room[0]).toEqual({ ...resources, instances: 0 });
    const rules = { placement: { antiAffinity: ['web'] }, appId: 'shop', service: 'db' };
    expect(placesOf(await planned(fleet, { kind: 'place', count: 2, resources, ...rules }))).toEqual([
      'b',
      'b',
    ]);
  });

  it('of a node that is not known is none', async () => {
    const fleets = {
      ...unevictable,
      snapshot: () => Promise.resolve({ fleet: fleetOf(nodeWith('a', 0)), held: [], known: () => ({}) }),
      pause: () => Promise.resolve(),
    };
    expect(await makePlan(fleets, { kind: 'drain', node: 'b' })).toBeUndefined();
    expect(await makePlan(fleets, { kind: 'add', like: 'b', count: 1 })).toBeUndefined();
  });

  it('lets others work now and then', async () => {
    let pauses = 0;
    const fleets = {
      ...unevictable,
      snapshot: () => Promise.resolve({ fleet: fleetOf(nodeWith('a', 0)), held: [], known: () => ({}) }),
      pause: () => Promise.resolve(void (pauses += 1)),
    };
    await makePlan(fleets, { kind: 'place', count: 100, resources: { cpu: 0.01, memoryMiB: 1 } });
    expect(pauses).toBe(3);
  });

  it('is never over the capacity of a node, changes nothing, and puts each where placing one after another puts it', async () => {
    const shape = fc.record({ count: fc.integer({ min: 0, max: 4 }), zone: fc.constantFrom('x', 'y') });
    const size = fc.record({
      cpu: fc.constantFrom(0.25, 0.5, 1),
      memoryMiB: fc.integer({ min: 1, max: 900 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(shape, { minLength: 1, maxLength: 8 }), size, async (shapes, resources) => {
        const nodes = shapes.map(({ count, zone }, index) => nodeWith(`node-${index}`, count, { zone }));
        const fleet = fleetOf(...nodes);
        const plan = await planned(fleet, {
          kind: 'place',
          count: 8,
          resources,
          appId: 'shop',
          service: 'web',
        });
        for (const node of nodes) expect(fleet.get(node.name)?.reserved).toEqual(node.reserved);
        const wish: Wish = { appId: 'shop', service: 'web', resources, avoidNodes: [] };
        const real = fleet.copy();
        for (const to of placesOf(plan)) {
          const names = real.names.flatMap((name) => real.get(name) ?? []);
          const { best } = place(wish, names).explanation;
          if (to === undefined) expect(best).toEqual([]);
          if (to === undefined) continue;
          // Of nodes with equal points, sums in another order may prefer another one.
          const there = place({ ...wish, onNode: to }, names);
          expect(there.explanation.best[0]?.points).toBeCloseTo(best[0]?.points ?? 0, 2);
          real.take(to, { ...resources, service: serviceKey('shop', 'web'), port: there.place?.port });
          const { reserved, total } = real.get(to) ?? candidate(to);
          expect(reserved.cpu).toBeLessThanOrEqual(total.cpu + 1e-6);
          expect(reserved.memoryMiB).toBeLessThanOrEqual(total.memoryMiB);
        }
      }),
      { numRuns: 25 },
    );
  });

  const imageLayers = imageOf({ base: 3, own: 1 });
  const resources = { cpu: 0.5, memoryMiB: 500 };

  it('did not know failures, images and disks, which placing knows: a drain went to where it would not', async () => {
    const has = (freeDisk: number, ...names: string[]) => ({
      measured: { freeDisk, layers: layersOf(...names) },
    });
    const full = nodeWith('b', 0, has(0.5, 'base'));
    const fleet = fleetOf(nodeWith('a', 1), full, nodeWith('c', 0, has(9)), nodeWith('d', 0, has(9, 'base')));
    const there = [held('one', { asked: { resources, imageLayers } })];
    expect(placesOf(await planned(fleet, { kind: 'drain', node: 'a' }, there))).toEqual(['d']);
    const known = { failures: new Map([['d', 2]]) };
    expect(placesOf(await planned(fleet, { kind: 'drain', node: 'a' }, there, { known }))).toEqual(['c']);
    fleet.remove('c');
    fleet.remove('d');
    const { found } = await planned(fleet, { kind: 'drain', node: 'a' }, there);
    expect(found).toMatchObject([{ refused: [{ filter: 'state' }, { filter: 'disk', closest: 'b' }] }]);
  });

  it('of new instances of a service that is there has its image', async () => {
    const fleet = fleetOf(nodeWith('a', 0), nodeWith('b', 0, { measured: { layers: layersOf('base') } }));
    const wished = { kind: 'place', count: 1, resources, appId: 'shop', service: 'db' } as const;
    expect(placesOf(await planned(fleet, wished))).toEqual(['a']);
    const askedLast = { resources, imageLayers };
    expect(placesOf(await planned(fleet, wished, [], { askedLast }))).toEqual(['b']);
  });

  it('puts each where placing puts it, whatever is known of failures, images and disks', async () => {
    const layers = fc.constantFrom([], ['base'], ['base', 'own']).map((names) => layersOf(...names));
    const measured = fc.record({ freeDisk: fc.constantFrom(0.5, 2, 9), layers });
    const shape = fc.record({
      count: fc.integer({ min: 0, max: 3 }),
      measured: fc.option(measured, { nil: undefined }),
      failures: fc.integer({ min: 0, max: 3 }),
      hasImage: fc.boolean(),
    });
    const shapes = fc.array(shape, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(shapes, fc.integer({ min: 1, max: 4 }), async (some, moved) => {
        const named = some.map((one, index) => ({ ...one, name: `node-${index}` }));
        const drained = nodeWith('node-x', moved);
        const nodes = named.map(({ name, count, measured: of }) => nodeWith(name, count, { measured: of }));
        const known = {
          failures: new Map(named.flatMap(({ name, failures }) => (failures > 0 ? [[name, failures]] : []))),
          imageNodes: new Set(named.flatMap(({ name, hasImage }) => (hasImage ? [name] : []))),
        };
        const there = Array.from({ length: moved }, (_, n) =>
          held(String(n), { asked: { resources, imageLayers }, port: 20_000 + n }),
        );
        const fleet = fleetOf(drained, ...nodes);
        const plan = await planned(fleet, { kind: 'drain', node: 'node-x' }, there, { known });
        const real = fleetOf({ ...drained, state: 'draining' }, ...nodes);
        const taken = { ...resources, service: serviceKey('shop', 'web') };
        for (const [n, to] of placesOf(plan).entries()) {
          const wish = { appId: 'shop', service: 'web', resources, imageLayers, avoidNodes: [], image: 'i' };
          const { place: best } = real.place(wish, known);
          expect(to).toBe(best?.node);
          if (best === undefined) continue;
          real.take(best.node, { ...taken, port: best.port });
          real.give('node-x', { ...taken, port: 20_000 + n });
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a plan of new instances with a high priority', () => {
  const low = (name: string, port: number, priority = 0): Evictable => ({
    ...{ accessToken: name, instance: `i-${name}`, appId: 'shop', service: 'web', priority, node: 'a' },
    ...{ cpu: 0.5, memoryMiB: 500, port },
  });
  const there = [low('x', 20_000), low('y', 20_001, -5), low('z', 20_002), low('w', 20_003, 90)];
  const evictable: Fleets['evictable'] = (_shortages, most, except) =>
    Promise.resolve(
      there.filter(({ priority, accessToken }) => priority <= most && !except.includes(accessToken)),
    );
  const wish = (count: number, placement?: object): PlanWish => ({
    ...{ kind: 'place', count, resources: { cpu: 0.5, memoryMiB: 500 }, priority: 50 },
    ...{ appId: 'other', service: 'urgent', placement },
  });
  const evicted = ({ found }: Plan) =>
    found.map((one) =>
      one.kind === 'placed' ? (one.evicts ?? []).map(({ accessToken }) => accessToken) : one.kind,
    );

  it('says what would be stopped for each, the lowest first, each of them once', async () => {
    const fleet = fleetOf(nodeWith('a', 4));
    const plan = await planned(fleet, wish(4, { preempt: true }), [], { evictable });
    expect(evicted(plan)).toEqual([['y'], ['x'], ['z'], 'unplaced']);
    expect(plan.after.room).toEqual([{ cpu: 0.5, memoryMiB: 500, instances: 0 }]);
    expect(fleet.get('a')?.reserved.cpu, 'it is only a plan').toBe(2);
  });

  it('looked for others to stop for each of many instances, though nothing made room for the first', async () => {
    let asked = 0;
    const none: Fleets['evictable'] = () => Promise.resolve(void (asked += 1)).then(() => []);
    const plan = await planned(fleetOf(nodeWith('a', 4)), wish(20, { preempt: true }), [], {
      evictable: none,
    });
    expect([asked, new Set(evicted(plan))]).toEqual([1, new Set(['unplaced'])]);
  });

  it('stops nothing where there is room, or where it does not ask for that', async () => {
    expect(
      evicted(await planned(fleetOf(nodeWith('a', 3)), wish(1, { preempt: true }), [], { evictable })),
    ).toEqual([[]]);
    expect(evicted(await planned(fleetOf(nodeWith('a', 4)), wish(1), [], { evictable }))).toEqual([
      'unplaced',
    ]);
  });
});
