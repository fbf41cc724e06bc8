import fc from 'fast-check';
import { expect, it } from 'vitest';
import { factsOf } from './facts.js';
import { Mix } from './mix.js';
import { Fleet } from './fleet.js';
import { place, serviceKey } from './place.js';
import { candidate as node, imageOf, layersOf, wish } from './place.testing.js';
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
  expect(explanation.best.map(({ terms }) => terms['headroom'])).toEqual([-5, -90]);
});

it('a service of six went evenly onto three nodes of which one was busy with something else', () => {
  const machine = { cpu: 2, memoryMiB: 2_000 };
  const using = (cpu: number) => ({ measured: { machine, others: { cpu, memoryMiB: 0 } } });
  const fleet = new Fleet('spread');
  for (const one of [node('busy', using(0.5)), node('b', using(0)), node('c', using(0))]) fleet.set(one);
  const resources = { cpu: 0.16, memoryMiB: 64 };
  for (let replica = 0; replica < 6; replica += 1) {
    const { place: found } = fleet.place(wish({ resources }));
    fleet.take(found?.node ?? '', { service: serviceKey('shop', 'web'), ...resources });
  }
  const counts = fleet.names.map((name) => fleet.get(name)?.instances.get('shop/web')?.count);
  expect(counts).toEqual([1, 3, 2]);
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
  expect(place(wish(), nodes, { known: { imageNodes: new Set(['b']) } }).place?.node).toBe('b');
  const { explanation } = place(wish(), nodes, { known: { failures: new Map([['a', 9]]) } });
  expect(explanation.best.map(({ node, terms }) => [node, terms['failures']])).toEqual([
    ['b', undefined],
    ['a', -100],
  ]);
});

it('of two nodes the one is better that has more bytes of the image, by the layers that lie on one another', () => {
  const wished = wish({ imageLayers: imageOf({ base: 6, tools: 3, own: 1 }, 'amd64') });
  const nodes = [
    node('empty', { measured: { layers: layersOf() } }),
    node('base', { measured: { layers: layersOf('base') } }),
    node('before', { measured: { layers: layersOf('base', 'tools', 'older') } }),
    node('all', { measured: { layers: layersOf('base', 'tools', 'own') } }),
    node('arm', { measured: { layers: layersOf('base') }, architecture: 'arm64' }),
    node('unknown'),
  ];
  const facts = factsOf(wished, nodes);
  expect(nodes.map((one) => image.value(one, wished, facts, 'spread'))).toEqual(
    [0, 0.6, 0.9, 1, undefined, undefined].map((share) => share && (expect.closeTo(share, 9) as number)),
  );
  // What an instance says is newer than what an agent does.
  const known = factsOf(wished, nodes, { imageNodes: new Set(['empty']) });
  expect(image.value(nodes[0]!, wished, known, 'spread')).toBe(1);
});

it('neither a service nor many services piled up on the one node that has the base of all', () => {
  const layers = { measured: { layers: layersOf('base') } };
  const empty = { measured: { layers: layersOf() } };
  const fleet = new Fleet('spread');
  for (const name of ['a', 'b', 'c', 'd']) fleet.set(node(name, { ...empty, lastPort: 20_999 }));
  fleet.set(node('e', { ...layers, lastPort: 20_999 }));
  const imageLayers = imageOf({ base: 9, own: 1 });
  const resources = { cpu: 0.05, memoryMiB: 50 };
  const counts = new Map<string, number>();
  for (let n = 0; n < 50; n += 1) {
    const wished = wish({ service: n < 10 ? 'web' : `s${n}`, resources, imageLayers });
    const found = fleet.place(wished).place?.node ?? '';
    fleet.take(found, { ...resources, service: `shop/${wished.service}`, port: undefined });
    counts.set(found, (counts.get(found) ?? 0) + 1);
    // The first ten are of one service.
    if (n === 9) expect([...counts.values()].sort()).toEqual([2, 2, 2, 2, 2]);
  }
  // A base on all bytes is worth two of these instances.
  expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(3);
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
      const reserved = (part: number) =>
        valueOf(allocation, { reserved: { cpu: 2 * part, memoryMiB: 2_000 * part } });
      expect(reserved(much)).toBeLessThanOrEqual(reserved(less));
      expect(reserved(less)).toBeGreaterThanOrEqual(0);
      expect(reserved(less)).toBeLessThanOrEqual(1);
    }),
  );
});
