import fc from 'fast-check';
import { expect, it } from 'vitest';
import { factsOf } from './facts.js';
import { Mix } from './mix.js';
import { place } from './place.js';
import { candidate as node, wish } from './place.testing.js';
import { allocation, leastAllocated, packed } from './terms/allocation.js';
import { failures } from './terms/failures.js';
import { image } from './terms/image.js';
import { nodes as spread } from './terms/spread.js';
import type { Term } from './terms/term.js';
import type { FleetFacts } from './model.js';

it('spreading has the values of LeastAllocated: full, half and empty', () => {
  expect([leastAllocated(0, 0), leastAllocated(0.5, 1), leastAllocated(1, 1)]).toEqual([0, 0.75, 1]);
});

it('packing avoids to leave room that is of no use, and takes the fuller of two nodes without any', () => {
  expect(packed(0, 0.2)).toBeGreaterThan(packed(0, 0.3));
  expect(packed(-0.1, 0.9)).toBeGreaterThan(packed(0, 0.1));
  expect(packed(2, 0)).toBeGreaterThan(packed(3, 0));
});

it('room is of no use to the sizes that do not fit, by how often they are asked for', () => {
  const large = { cpu: 4, memoryMiB: 4_000 };
  const mix = new Mix([
    [large, 1],
    [{ cpu: 1, memoryMiB: 1_000 }, 3],
  ]);
  expect(mix.mean).toBe(1.75);
  const cores = (free: number, memory: number) => mix.waste(free, memory) * mix.mean;
  expect([cores(4, 4_000), cores(3, 4_000), cores(0.5, 4_000)]).toEqual([0, 0.75, 0.5]);
  // Memory is short: all of the free CPU is of no use.
  expect(cores(4, 100)).toBeCloseTo(4);
  expect(new Mix([[large, 1]], 'memoryMiB').waste(1, 3_000)).toBeCloseTo(0.75);
  expect(new Mix([]).waste(3, 3)).toBe(0);
});

it('packing takes the fuller node, spreading the emptier one', () => {
  const nodes = [node('empty'), node('half', { reserved: { cpu: 1, memoryMiB: 1_000 } })];
  expect(place(wish(), nodes, { policy: 'pack' }).place?.node).toBe('half');
  expect(place(wish(), nodes, { policy: 'spread' }).place?.node).toBe('empty');
});

it('a busy node was taken because nothing was reserved on it', () => {
  const machine = { cpu: 2, memoryMiB: 2_000 };
  const busy = node('a', { measured: { machine, others: { cpu: 1.8, memoryMiB: 0 } } });
  const known = node('b', {
    reserved: { cpu: 0.5 },
    measured: { machine, others: { cpu: 0.1, memoryMiB: 0 } },
  });
  const { place: best, explanation } = place(wish(), [busy, known]);
  expect(best?.node).toBe('b');
  expect(explanation.best.map(({ terms }) => terms['headroom'])).toEqual([-2.5, -45]);
});

it('an unknown use is unknown: no term, and no loss', () => {
  const { explanation } = place(wish(), [node('a')]);
  expect(explanation.best).toEqual([{ node: 'a', points: 75, terms: { allocation: 75, nodes: 0 } }]);
});

it('a service spreads over zones before it fills one', () => {
  const nodes = [
    node('a1', { zone: 'a', instances: { web: 1 }, reserved: { cpu: 0.1 } }),
    node('a2', { zone: 'a' }),
    node('b1', { zone: 'b', reserved: { cpu: 0.05 } }),
  ];
  const { place: best, explanation } = place(wish(), nodes);
  expect(best?.node).toBe('b1');
  expect(explanation.best.map(({ node, terms }) => [node, terms['zones']])).toEqual([
    ['b1', 0],
    ['a2', -5],
    ['a1', -5],
  ]);
});

it('an image that lies there is worth a little, and five failures as much as a full node', () => {
  const nodes = [node('a'), node('b', { reserved: { cpu: 0.1 } })];
  expect(place(wish(), nodes, { known: { imageShares: new Map([['b', 0.6]]) } }).place?.node).toBe('b');
  const { explanation } = place(wish(), nodes, { known: { failures: new Map([['a', 9]]) } });
  expect(explanation.best.map(({ node, terms }) => [node, terms['failures']])).toEqual([
    ['b', undefined],
    ['a', -100],
  ]);
});

it('a term gives no less for more of what is good, nor more for more of what is bad, and stays within its bounds', () => {
  const valueOf = (
    term: Term,
    changes: Parameters<typeof node>[1],
    known: Partial<FleetFacts> = {},
  ): number => {
    const one = node('a', changes);
    return term.value(one, wish(), { ...factsOf(wish(), [one]), ...known }, 'spread') ?? Number.NaN;
  };
  const count = fc.integer({ min: 0, max: 50 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(count, count, share, share, (few, more, less, rest) => {
      const much = less + (1 - less) * rest;
      const failed = (times: number) => valueOf(failures, {}, { failures: new Map([['a', times]]) });
      expect(failed(few + more)).toBeLessThanOrEqual(failed(few));
      expect(failed(few + more)).toBeGreaterThanOrEqual(-5);
      const running = (instances: number) => valueOf(spread, { instances: { web: instances } });
      expect(running(few + more)).toBeLessThanOrEqual(running(few));
      const there = (part: number) => valueOf(image, {}, { imageShares: new Map([['a', part]]) });
      expect(there(much)).toBeGreaterThanOrEqual(there(less));
      expect(there(much)).toBeLessThanOrEqual(1);
      const reserved = (part: number) =>
        valueOf(allocation, { reserved: { cpu: 2 * part, memoryMiB: 2_000 * part } });
      expect(reserved(much)).toBeLessThanOrEqual(reserved(less));
      expect(reserved(less)).toBeGreaterThanOrEqual(0);
      expect(reserved(less)).toBeLessThanOrEqual(1);
    }),
  );
});
