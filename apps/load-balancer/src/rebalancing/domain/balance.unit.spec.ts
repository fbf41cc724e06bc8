import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byName } from '../../placement/domain/place.js';
import { fleetWith, type TestNode } from './balance.testing.js';
import {
  type BalanceRules,
  balancingMoves,
  type BalancingMove,
  type LoadedFleet,
  type NodeUse,
} from './balance.js';

const rules: BalanceRules = { leastGain: 0.1, above: 0.5, most: 100 };
const of = (name: string, cpu: number, more: object = {}) => ({ name, cpu, ...more });
const short = ({ seeker, from, to }: BalancingMove): string => `${seeker.of.instance} ${from}->${to}`;
const movesOf = (nodes: Readonly<Record<string, TestNode>>, changes: Partial<BalanceRules> = {}) =>
  balancingMoves(fleetWith(nodes), { ...rules, ...changes }).map(short);

describe('moves that balance', () => {
  it('relieve the fullest node, and say what they improve', () => {
    const fleet = fleetWith({ a: { instances: [of('x', 0.88), of('y', 2.84)] }, b: { others: 0.8 } });
    expect(balancingMoves(fleet, rules)).toMatchObject([
      {
        ...{ from: 'a', to: 'b', cpu: 0.88, seeker: { of: { instance: 'x' } } },
        improves: {
          from: { before: expect.closeTo(0.93) as number, after: expect.closeTo(0.71) as number },
          to: { before: 0.2, after: expect.closeTo(0.42) as number },
        },
      },
    ]);
  });

  it('are not worth it below the threshold, for a small gain, or where the target would be as full', () => {
    const busy = { instances: [of('x', 1), of('y', 1.4)] };
    expect(movesOf({ a: busy, b: {} })).toEqual(['x a->b']);
    expect(movesOf({ a: busy, b: {} }, { above: 0.7 })).toEqual([]);
    expect(movesOf({ a: busy, b: {} }, { leastGain: 0.3 })).toEqual([]);
    expect(movesOf({ a: { instances: [of('x', 3.6)] }, b: {} }), 'it would only change places').toEqual([]);
  });

  it('go where the placement would put it: with room, ready, by its constraints, and not beside its like', () => {
    const a = { instances: [of('x', 1), of('y', 1.5), of('z', 1)] };
    const to = (b: TestNode, more: object = {}) =>
      movesOf({ a: { ...a, instances: a.instances.map((one) => ({ ...one, ...more })) }, b });
    expect(to({})).not.toEqual([]);
    expect(to({ changes: { reserved: { cpu: 0, memoryMiB: 10_000 } } })).toEqual([]);
    expect(to({ changes: { state: 'cordoned' } })).toEqual([]);
    expect(to({}, { asked: { placement: { constraints: ['disk=ssd'] } } })).toEqual([]);
    expect(
      to({ changes: { labels: { disk: 'ssd' } } }, { asked: { placement: { constraints: ['disk=ssd'] } } }),
    ).not.toEqual([]);
  });

  it('do not gather a service on a node or in a zone', () => {
    const twins = (service: string) => [of('x', 1.5, { service }), of('y', 1.5, { service })];
    // One each is as spread as it can be.
    expect(
      movesOf({
        a: { instances: [of('x', 3, { service: 'web' }), of('y', 0.5)] },
        b: { instances: [of('z', 0, { service: 'web' })] },
      }),
    ).toEqual(['y a->b']);
    expect(movesOf({ a: { instances: twins('web') }, b: {} })).toEqual(['x a->b']);
    const zoned = (zone: string) => ({ changes: { zone } });
    const [first, second] = [zoned('1'), zoned('2')];
    const third = { ...second, instances: [of('v', 0, { service: 'web' }), of('w', 0, { service: 'web' })] };
    expect(movesOf({ a: { ...first, instances: twins('web') }, b: first, c: third, d: second })).toEqual([
      'x a->b',
    ]);
    expect(movesOf({ a: { ...first, instances: twins('web') }, c: third, d: second })).toEqual([]);
  });

  it('go on with the next fullest node where the fullest one cannot be relieved', () => {
    const stuck = { others: 3.9 };
    expect(movesOf({ a: stuck, b: { instances: [of('x', 1), of('y', 2)] }, c: {} })).toEqual(['x b->c']);
  });

  it('stop at the limit', () => {
    const many = { instances: Array.from({ length: 8 }, (_, n) => of(`x${n}`, 0.5)) };
    expect(movesOf({ a: many, b: {}, c: {} }, { most: 2 })).toHaveLength(2);
  });
});

const node = fc.record({
  cpus: fc.constantFrom(2, 4, 8),
  others: fc.integer({ min: 0, max: 20 }).map((tenths) => tenths / 10),
  state: fc.constantFrom('ready', 'ready', 'ready', 'ready', 'cordoned'),
  zone: fc.constantFrom('1', '2', undefined),
  instances: fc.array(
    fc.record({
      service: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      cpu: fc.integer({ min: 0, max: 20 }).map((tenths) => tenths / 10),
      memoryMiB: fc.constantFrom(100, 2_000),
    }),
    { maxLength: 8 },
  ),
});
const fleets = fc.array(node, { minLength: 2, maxLength: 8 }).map((nodes) =>
  fleetWith(
    Object.fromEntries(
      nodes.map(({ cpus, others, state, zone, instances }, n) => [
        `n${n}`,
        {
          ...{ cpus, others, changes: { state, ...(zone !== undefined && { zone }) } },
          instances: instances.map(({ service, cpu, memoryMiB }, m) => ({
            ...{ name: `i${n}-${m}`, service, cpu, resources: { cpu: 0.1, memoryMiB } },
          })),
        },
      ]),
    ),
  ),
);

const shareOf = ({ used, cpus }: NodeUse): number => used / cpus;
const NEARLY = 1e-6;

/** The fleet after the moves: all of its instances may move again. */
function after({ fleet, uses, instances }: LoadedFleet, moves: readonly BalancingMove[]): LoadedFleet {
  const [loads, where] = [new Map(uses), new Map<string | undefined, string>()];
  for (const { from, to, cpu, seeker } of moves) {
    const [source, target] = [loads.get(from)!, loads.get(to)!];
    loads.set(from, { ...source, used: source.used - cpu });
    loads.set(to, { ...target, used: target.used + cpu });
    where.set(seeker.of.instance, to);
  }
  return {
    ...{ fleet, uses: loads },
    instances: instances.map(({ seeker, cpu }) => {
      const from = where.get(seeker.of.instance) ?? seeker.of.from;
      return { cpu, seeker: { ...seeker, of: { ...seeker.of, from } } };
    }),
  };
}

describe('for any fleet, moves that balance', () => {
  it('each lower the fuller of their nodes by the least gain, never raise the maximum, and respect the placement', () => {
    fc.assert(
      fc.property(fleets, (loaded) => {
        const before = loaded.fleet.copy();
        const loads = new Map(loaded.uses);
        const moves = balancingMoves(loaded, rules);
        for (const { from, to, cpu, seeker, improves } of moves) {
          const [source, target] = [loads.get(from)!, loads.get(to)!];
          const highest = Math.max(...[...loads.values()].map(shareOf));
          loads.set(from, { ...source, used: source.used - cpu });
          loads.set(to, { ...target, used: target.used + cpu });
          expect(before.get(from)?.state).toBe('ready');
          expect(before.placeOn(to, seeker.wish), 'the real placement would take it there').toBeDefined();
          before.take(to, { ...seeker.wish.resources, service: `shop/${seeker.of.service}` });
          before.give(from, { ...seeker.wish.resources, service: `shop/${seeker.of.service}` });
          expect(shareOf(source)).toBeGreaterThanOrEqual(rules.above);
          const reached = Math.max(shareOf(loads.get(from)!), shareOf(loads.get(to)!));
          expect(reached).toBeLessThanOrEqual(shareOf(source) - rules.leastGain + NEARLY);
          expect(Math.max(...[...loads.values()].map(shareOf))).toBeLessThanOrEqual(highest + NEARLY);
          expect(improves.from.before).toBeCloseTo(shareOf(source), 6);
          expect(improves.to.after).toBeCloseTo(shareOf(loads.get(to)!), 6);
        }
        expect(new Set(moves.map(({ seeker }) => seeker.of.instance)).size, 'none moves twice').toBe(
          moves.length,
        );
      }),
      { numRuns: 100 },
    );
  });

  it('find nothing more once they were made, where what has moved stays for a while', () => {
    fc.assert(
      fc.property(fleets, (loaded) => {
        const moves = balancingMoves(loaded, rules);
        const moved = new Set(moves.map(({ seeker }) => seeker.of.instance));
        const next = after(loaded, moves);
        const left = next.instances.filter(({ seeker }) => !moved.has(seeker.of.instance));
        expect(balancingMoves({ ...next, instances: left }, rules)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('come to an end even where what has moved may move again at once', () => {
    fc.assert(
      fc.property(fleets, (loaded) => {
        let state = loaded;
        let rounds = 0;
        for (
          let moves = balancingMoves(state, rules);
          moves.length > 0;
          moves = balancingMoves(state, rules)
        ) {
          state = after(state, moves);
          rounds += 1;
          expect(rounds).toBeLessThan(50);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('are the same for the same fleet', () => {
    fc.assert(
      fc.property(fleets, (loaded) => {
        const shuffled = {
          fleet: loaded.fleet.copy(),
          uses: new Map([...loaded.uses].sort(([a], [b]) => byName(b, a))),
          instances: loaded.instances,
        };
        expect(balancingMoves(shuffled, rules).map(short)).toEqual(balancingMoves(loaded, rules).map(short));
      }),
      { numRuns: 100 },
    );
  });
});
