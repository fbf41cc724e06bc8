import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fleet } from './fleet.js';
import { type Candidate, NOTHING_RESERVED, serviceKey } from './place.js';
import { candidate, wish } from './place.testing.js';
import {
  choosePreemption,
  CLEAR_DISTANCE,
  type Evictable,
  highestEvictable,
  type PreemptingWish,
} from './preemption.js';

const instance = (name: string, node: string, changes: Partial<Evictable> = {}): Evictable => ({
  ...{ accessToken: name, instance: `i-${name}`, appId: 'low', service: name, priority: 0, node },
  ...{ cpu: 0.5, memoryMiB: 100 },
  ...changes,
});

/** Nodes of 2 cores and 2,000 MiB with three ports, on which these instances run and nothing else. */
function nodesWith(
  instances: readonly Evictable[],
  names: readonly string[],
  changes: Partial<Candidate> = {},
): readonly Candidate[] {
  return names.map((name) => {
    const there = instances.filter(({ node }) => node === name);
    return {
      ...candidate(name),
      reserved: there.reduce(
        (sum, one) => ({ cpu: sum.cpu + one.cpu, memoryMiB: sum.memoryMiB + one.memoryMiB }),
        NOTHING_RESERVED,
      ),
      takenPorts: new Set(there.flatMap(({ port }) => port ?? [])),
      instances: new Map(
        there.map((one) => [
          serviceKey(one.appId, one.service),
          { count: 1, cpu: one.cpu, memoryMiB: one.memoryMiB },
        ]),
      ),
      ...changes,
    };
  });
}

function fleetOf(nodes: readonly Candidate[]): Fleet {
  const fleet = new Fleet('spread');
  for (const node of nodes) fleet.set(node);
  return fleet;
}

const large = (changes: Partial<PreemptingWish> = {}): PreemptingWish => ({
  ...wish({ resources: { cpu: 1, memoryMiB: 100 } }),
  priority: 50,
  ...changes,
});

/** The names of those that make room, and where. */
function chosen(
  instances: readonly Evictable[],
  asked: PreemptingWish = large(),
  nodes: readonly string[] = ['a', 'b', 'c'],
): readonly string[] | undefined {
  const found = choosePreemption(fleetOf(nodesWith(instances, nodes)), asked, instances);
  return found && [found.node, ...found.victims.map(({ accessToken }) => accessToken)];
}

describe('who makes room', () => {
  it('is of a priority that is lower by 10 at least', () => {
    expect(highestEvictable({ priority: 50 })).toBe(50 - CLEAR_DISTANCE);
    const two = (priority: number) => [
      instance('x', 'a', { cpu: 1, priority }),
      instance('y', 'a', { cpu: 1, priority }),
    ];
    expect(chosen(two(40), large(), ['a'])).toEqual(['a', 'x']);
    expect(chosen(two(41), large(), ['a'])).toBeUndefined();
    expect(chosen(two(50), large(), ['a'])).toBeUndefined();
    expect(chosen(two(-10), large({ priority: undefined }), ['a'])).toEqual(['a', 'x']);
    expect(chosen(two(-9), large({ priority: undefined }), ['a'])).toBeUndefined();
  });

  it('has the lowest priority, even if more of them have to go', () => {
    const full = [
      instance('a-mid', 'a', { cpu: 2, priority: 20 }),
      instance('b-low-1', 'b', { cpu: 0.5, priority: -5 }),
      instance('b-low-2', 'b', { cpu: 0.5, priority: -5 }),
      instance('b-high', 'b', { cpu: 1, priority: 40 }),
    ];
    expect(chosen(full, large(), ['a', 'b'])).toEqual(['b', 'b-low-1', 'b-low-2']);
  });

  it('are the fewest of equal priorities, and the larger ones where one of them is enough', () => {
    const full = [
      ...['a-1', 'a-2', 'a-3', 'a-4'].map((name) => instance(name, 'a')),
      ...[instance('b-small', 'b', { cpu: 0.2 }), instance('b-large', 'b', { cpu: 1.8 })],
    ];
    expect(chosen(full, large(), ['a', 'b'])).toEqual(['b', 'b-large']);
  });

  it('are on the node that placing scores best, where all else is equal', () => {
    const full = [
      ...[instance('a-1', 'a', { cpu: 1 }), instance('a-2', 'a', { cpu: 1, priority: 90 })],
      ...[instance('b-1', 'b', { cpu: 1.5 }), instance('b-2', 'b', { cpu: 0.5, priority: 90 })],
    ];
    expect(chosen(full, large(), ['a', 'b'])).toEqual(['b', 'b-1']);
    expect(chosen(full, large({ avoidNodes: ['b'] }), ['a', 'b'])).toEqual(['a', 'a-1']);
  });

  it('is nobody of the same service, nor of one that it has to run beside', () => {
    const own = instance('own', 'a', { appId: 'shop', service: 'web', cpu: 1 });
    const db = instance('db', 'a', { appId: 'shop', service: 'db', cpu: 1 });
    expect(chosen([own, db], large(), ['a'])).toEqual(['a', 'db']);
    expect(chosen([own, db], large({ placement: { affinity: ['db'] } }), ['a'])).toBeUndefined();
    const namesake = instance('other', 'a', { service: 'web', cpu: 2 });
    expect(chosen([namesake], large(), ['a'])).toEqual(['a', 'other']);
  });

  it('is nobody where a port is free, and one with a port where none is', () => {
    const workers = [instance('w', 'a', { cpu: 0.1 })];
    const listening = [20_000, 20_001, 20_002].map((port) =>
      instance(`p-${port}`, 'a', { cpu: 0.1, port, priority: port === 20_001 ? -1 : 0 }),
    );
    const small = large({ resources: { cpu: 0.1, memoryMiB: 10 } });
    expect(chosen([...workers, ...listening], small, ['a'])).toEqual(['a', 'p-20001']);
    expect(chosen([...workers, ...listening], { ...small, needsPort: false }, ['a'])).toBeUndefined();
  });

  it('is nobody on a node that would not take it anyway, or is kept for another', () => {
    const full = [instance('a', 'a', { cpu: 2 })];
    const on = (changes: Partial<Candidate>, asked = large()) =>
      choosePreemption(fleetOf(nodesWith(full, ['a'], changes)), asked, full);
    expect(on({})).toMatchObject({ node: 'a' });
    expect(on({ state: 'draining' })).toBeUndefined();
    expect(on({}, large({ heldNodes: ['a'] }))).toBeUndefined();
    expect(on({}, large({ placement: { constraints: ['disk=ssd'] } }))).toBeUndefined();
    expect(on({}, large({ resources: { cpu: 3, memoryMiB: 100 } }))).toBeUndefined();
    expect(
      on({ measured: { others: { cpu: 0, memoryMiB: 1_950 }, machine: { cpu: 2, memoryMiB: 2_000 } } }),
    ).toBeUndefined();
  });
});

describe('any choice', () => {
  const names = ['a', 'b', 'c'];
  const some = fc
    .array(
      fc.record({
        node: fc.constantFrom(...names),
        priority: fc.integer({ min: -100, max: 100 }),
        cpu: fc.integer({ min: 1, max: 12 }).map((tenths) => tenths / 10),
        memoryMiB: fc.integer({ min: 10, max: 1_200 }),
        port: fc.option(fc.integer({ min: 20_000, max: 20_002 }), { nil: undefined }),
        isOwn: fc.boolean(),
      }),
      { maxLength: 14 },
    )
    .map((shapes) => {
      const ports = new Set<string>();
      return shapes.map(({ isOwn, port, ...shape }, index): Evictable => {
        const isFree = port !== undefined && !ports.has(`${shape.node}/${port}`);
        if (isFree) ports.add(`${shape.node}/${port}`);
        const of = isOwn && index % 5 === 0 ? { appId: 'shop', service: 'web' } : {};
        return instance(`i${index}`, shape.node, { ...shape, ...of, port: isFree ? port : undefined });
      });
    });
  const someWish = fc.record({
    priority: fc.integer({ min: -100, max: 100 }),
    resources: fc.record({
      cpu: fc.integer({ min: 1, max: 22 }).map((tenths) => tenths / 10),
      memoryMiB: fc.integer({ min: 10, max: 2_100 }),
    }),
    needsPort: fc.boolean(),
  });

  /** By arithmetic alone: 2 cores, 2,000 MiB, three ports. */
  function fits(there: readonly Evictable[], { resources, needsPort }: PreemptingWish): boolean {
    const sum = (of: (one: Evictable) => number): number => there.reduce((total, one) => total + of(one), 0);
    const ports = there.filter(({ port }) => port !== undefined).length;
    return (
      sum(({ cpu }) => cpu) + resources.cpu <= 2 + 1e-9 &&
      sum(({ memoryMiB }) => memoryMiB) + resources.memoryMiB <= 2_000 &&
      (needsPort === false || ports < 3)
    );
  }

  it('is of clearly lower priorities, on one node, has none too many, and never leaves a node over its capacity', () => {
    let preempted = 0;
    fc.assert(
      fc.property(some, someWish, (instances, changes) => {
        const asked = large(changes);
        const found = choosePreemption(fleetOf(nodesWith(instances, names)), asked, instances);
        const may = ({ priority, appId }: Evictable): boolean =>
          priority <= changes.priority - 10 && appId !== 'shop';
        if (found === undefined) {
          for (const name of names) {
            const there = instances.filter(({ node }) => node === name);
            const isOpen = fits(there, asked);
            expect(
              isOpen ||
                !fits(
                  there.filter((one) => !may(one)),
                  asked,
                ),
              name,
            ).toBe(true);
          }
          return;
        }
        preempted += 1;
        const { node, victims } = found;
        expect(victims.length).toBeGreaterThan(0);
        for (const victim of victims) expect([victim.node, may(victim)]).toEqual([node, true]);
        const staying = instances.filter((one) => one.node === node && !victims.includes(one));
        expect(fits(staying, asked)).toBe(true);
        for (const victim of victims) expect(fits([...staying, victim], asked)).toBe(false);
        const shuffled = instances.toReversed();
        const again = choosePreemption(fleetOf(nodesWith(shuffled, names)), asked, shuffled);
        expect(again).toEqual(found);
      }),
      { numRuns: 100 },
    );
    // About a third; chance may make it fewer.
    expect(preempted).toBeGreaterThan(5);
  });

  it('is of the lowest priorities that could make room', () => {
    fc.assert(
      fc.property(some, someWish, (instances, changes) => {
        const asked = large(changes);
        const found = choosePreemption(fleetOf(nodesWith(instances, names)), asked, instances);
        if (found === undefined) return;
        const most = Math.max(...found.victims.map(({ priority }) => priority));
        for (const name of names) {
          const there = instances.filter(({ node }) => node === name);
          const without = there.filter(({ priority, appId }) => priority >= most || appId === 'shop');
          // A node with room for it as it is is no question of who makes some.
          expect(fits(there, asked) || !fits(without, asked), name).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });
});
