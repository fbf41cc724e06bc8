import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fleet } from './fleet.js';
import { type Candidate, place, type Policy, serviceKey, type Wish } from './place.js';
import { candidate, imageOf, layersOf, wish } from './place.testing.js';
import { filters } from './filters.js';
import { factsOf } from './facts.js';
import { pointsOf } from './score.js';

const service = fc.constantFrom('web', 'db', 'cache');
/** Chains of layers: who has one has all below it. */
const CHAINS = { base: ['a'], old: ['a', 'b', 'c'], next: ['a', 'b', 'd', 'e'], other: ['x', 'y'] };
const IMAGES: readonly Readonly<Record<string, number>>[] = [
  { a: 2, b: 3, d: 1, e: 1 },
  { a: 2, b: 3, c: 4 },
  { x: 0, y: 0 },
  { z: 5 },
];
const someLayers = fc.subarray(Object.values(CHAINS)).map((chains) => layersOf(...new Set(chains.flat())));
const nodeShape = fc.record({
  state: fc.constantFrom('ready', 'ready', 'ready', 'cordoned'),
  total: fc.record({ cpu: fc.integer({ min: 1, max: 8 }), memoryMiB: fc.integer({ min: 500, max: 8_000 }) }),
  share: fc.record({
    cpu: fc.double({ min: 0, max: 1, noNaN: true }),
    memoryMiB: fc.integer({ min: 0, max: 500 }),
  }),
  lastPort: fc.integer({ min: 20_000, max: 20_003 }),
  taken: fc.subarray([20_000, 20_001, 20_002]),
  zone: fc.constantFrom(undefined, 'a', 'b', 'c'),
  labels: fc.constantFrom<Record<string, string>>({}, { disk: 'ssd' }, { disk: 'hdd' }),
  measured: fc.option(
    fc.record({
      machine: fc.constant({ cpu: 8, memoryMiB: 8_000 }),
      usedCpu: fc.option(fc.double({ min: 0, max: 8, noNaN: true }), { nil: undefined }),
      others: fc.record({
        cpu: fc.double({ min: 0, max: 8, noNaN: true }),
        memoryMiB: fc.integer({ min: 0, max: 8_000 }),
      }),
      listening: fc.subarray([20_000, 20_001, 20_002]).map((ports) => new Set(ports)),
      freeDisk: fc.option(fc.double({ min: 0, max: 10, noNaN: true }), { nil: undefined }),
      layers: fc.option(someLayers, { nil: undefined }),
    }),
    { nil: undefined },
  ),
  architecture: fc.constantFrom(undefined, 'amd64', 'arm64'),
  overcommit: fc.constantFrom(undefined, undefined, 1.5),
  youngCpu: fc.constantFrom(undefined, 0),
  instances: fc.dictionary(service, fc.integer({ min: 1, max: 3 })),
});
const fleetOf = (max: number) =>
  fc.array(nodeShape, { maxLength: max }).map((shapes) =>
    shapes.map(({ share, taken, ...shape }, index) =>
      candidate(`node-${index}`, {
        ...shape,
        reserved: { cpu: share.cpu * shape.total.cpu, memoryMiB: share.memoryMiB },
        takenPorts: new Set(taken.filter((port) => port <= shape.lastPort)),
      }),
    ),
  );
const someWish: fc.Arbitrary<Wish> = fc
  .record({
    service,
    resources: fc.record({
      cpu: fc.double({ min: 0.01, max: 4, noNaN: true }),
      memoryMiB: fc.integer({ min: 6, max: 3_000 }),
    }),
    needsPort: fc.boolean(),
    onNode: fc.option(fc.constantFrom('node-0', 'node-3'), { nil: undefined, freq: 8 }),
    avoidNodes: fc.subarray(['node-0', 'node-1', 'node-2']),
    imageLayers: fc.option(
      fc
        .tuple(fc.constantFrom(...IMAGES), fc.constantFrom(undefined, 'amd64'))
        .map(([layers, architecture]) => imageOf(layers, architecture)),
      { nil: undefined },
    ),
    placement: fc.record({
      constraints: fc.subarray(['disk=ssd', 'zone!=a'], { maxLength: 1 }),
      affinity: fc.subarray(['db'] as string[]),
      antiAffinity: fc.subarray(['cache'] as string[]),
    }),
  })
  .map(wish);
const busyWith = (cpu: number, memoryMiB: number) => ({
  machine: { cpu: 2, memoryMiB: 2_000 },
  others: { cpu, memoryMiB },
});
const policies = fc.constantFrom<Policy>('spread', 'pack');

const filled = (policy: Policy, nodes: readonly Candidate[]): Fleet => {
  const fleet = new Fleet(policy);
  for (const node of nodes) fleet.set(node);
  return fleet;
};

describe('a fleet', () => {
  it('finds a node of as many points as asking every node does, refuses by the same filters, and repeats itself', () => {
    const known = { failures: new Map([['node-1', 2]]), imageNodes: new Set(['node-2', 'node-7']) };
    fc.assert(
      fc.property(fleetOf(80), someWish, policies, (nodes, wished, policy) => {
        const all = place(wished, nodes, { policy, known });
        const found = filled(policy, nodes).place(wished, known);
        expect(found.explanation.refused).toEqual(all.explanation.refused);
        expect(found.explanation.nodes).toBe(nodes.length);
        expect(found.refusals?.toSorted((a, b) => (a.node < b.node ? -1 : 1))).toEqual(
          all.refusals?.toSorted((a, b) => (a.node < b.node ? -1 : 1)),
        );
        const points = all.explanation.best.map((node) => expect.closeTo(node.points, 2) as number);
        expect(found.explanation.best.map((node) => node.points)).toEqual(points);
        expect(filled(policy, nodes.toReversed()).place(wished, known)).toEqual(found);
      }),
      { numRuns: 80 },
    );
  });

  it('never goes over capacity, chooses no refused node and gives no port twice, whatever comes and goes', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ place: someWish }) },
      { weight: 1, arbitrary: fc.record({ end: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ lose: fc.nat() }) },
    );
    fc.assert(
      fc.property(fleetOf(12), policies, fc.array(step, { maxLength: 60 }), (nodes, policy, steps) => {
        const fleet = filled(policy, nodes);
        const names = new Set(nodes.map(({ name }) => name));
        let live: { node: string; taken: Parameters<Fleet['take']>[1] }[] = [];
        for (const one of steps) {
          if ('place' in one) {
            const { resources, service, appId } = one.place;
            const { place: best } = fleet.place(one.place);
            if (best === undefined) continue;
            expect(fleet.placeOn(best.node, one.place)).toEqual(best);
            expect(fleet.get(best.node)?.takenPorts.has(best.port ?? 0)).toBe(false);
            const taken = { service: serviceKey(appId, service), ...resources, port: best.port };
            fleet.take(best.node, taken);
            const { measured, overcommit = 1, reserved, total } = fleet.get(best.node)!;
            expect(reserved.cpu).toBeLessThanOrEqual(total.cpu * overcommit + 1e-6);
            expect(measured?.listening?.has(best.port ?? 0) ?? false).toBe(false);
            if (measured !== undefined)
              expect(reserved.memoryMiB + measured.others!.memoryMiB).toBeLessThanOrEqual(
                Math.max(measured.machine!.memoryMiB, total.memoryMiB),
              );
            live.push({ node: best.node, taken });
          } else if ('end' in one) {
            const ended = live.splice(one.end % Math.max(1, live.length), 1);
            for (const { node, taken } of ended) fleet.give(node, taken);
          } else {
            const name = `node-${one.lose % 12}`;
            fleet.remove(name);
            names.delete(name);
            live = live.filter(({ node }) => node !== name);
          }
        }
        expect(fleet.size).toBe(names.size);
        for (const name of names) {
          const { reserved, total, overcommit = 1 } = fleet.get(name) ?? candidate(name);
          expect(reserved.cpu).toBeLessThanOrEqual(overcommit * total.cpu + 1e-6);
          expect(reserved.memoryMiB).toBeLessThanOrEqual(total.memoryMiB + 1e-6);
        }
      }),
      { numRuns: 80 },
    );
  });

  it('knows what nodes lack of an image after they were measured, changed, lost and added, as asking each of them does', () => {
    const change = fc.record({
      at: fc.nat({ max: 15 }),
      layers: fc.option(someLayers, { nil: undefined }),
      freeDisk: fc.double({ min: 0, max: 10, noNaN: true }),
      kind: fc.constantFrom('measure', 'set', 'remove', 'silent'),
    });
    const changes = fc.array(change, { maxLength: 30 });
    fc.assert(
      fc.property(fleetOf(8), policies, changes, someWish, (nodes, policy, steps, wished) => {
        const fleet = filled(policy, nodes);
        const known = { imageNodes: new Set(['node-3']) };
        for (const { at, kind, ...measured } of steps) {
          const name = `node-${at}`;
          if (kind === 'measure') fleet.measure(name, measured);
          else if (kind === 'set') fleet.set(candidate(name, { measured, architecture: 'amd64' }));
          else if (kind === 'remove') fleet.remove(name);
          else fleet.measure(name, undefined);
          const now = fleet.names.flatMap((one) => fleet.get(one) ?? []);
          const [found, all] = [fleet.place(wished, known), place(wished, now, { policy, known })];
          expect(found.explanation.refused).toEqual(all.explanation.refused);
          expect(found.explanation.best.map(({ points }) => points)).toEqual(
            all.explanation.best.map(({ points }) => expect.closeTo(points, 2) as number),
          );
        }
      }),
      { numRuns: 80 },
    );
  });

  it('decides after changes as a fleet does that has never decided before', () => {
    const sizes = [
      { cpu: 0.5, memoryMiB: 300 },
      { cpu: 1, memoryMiB: 100 },
    ];
    const change = fc.record({
      kind: fc.constantFrom('place', 'place', 'place', 'end', 'measure', 'cordon', 'remove'),
      service,
      resources: fc.constantFrom(...sizes),
      at: fc.nat({ max: 89 }),
      used: fc.double({ min: 0, max: 2, noNaN: true }),
    });
    const free = fleetOf(90).map((nodes) => nodes.map((node) => ({ ...node, instances: new Map() })));
    fc.assert(
      // So few instances that the mix is made anew with each.
      fc.property(free, policies, fc.array(change, { maxLength: 18 }), (nodes, policy, changes) => {
        const fleet = filled(policy, nodes);
        const live: (readonly [string, Parameters<Fleet['take']>[1]])[] = [];
        for (const { kind, at, used, ...asked } of changes) {
          const name = `node-${at}`;
          const there = fleet.get(name);
          if (kind === 'place') {
            const wished = wish(asked);
            const found = fleet.place(wished);
            expect(found).toEqual(fleet.copy().place(wished));
            if (found.place === undefined) continue;
            const taken = { service: serviceKey('shop', asked.service), ...asked.resources };
            fleet.take(found.place.node, { ...taken, port: found.place.port });
            live.push([found.place.node, { ...taken, port: found.place.port }]);
          } else if (kind === 'end') {
            const ended = live.pop();
            if (ended !== undefined) fleet.give(...ended);
          } else if (kind === 'measure') fleet.measure(name, busyWith(used, 0));
          else if (kind === 'cordon' && there !== undefined) fleet.set({ ...there, state: 'cordoned' });
          else if (kind === 'remove') fleet.remove(name);
        }
      }),
      { numRuns: 80 },
    );
  });

  it('finds the best of hundreds of nodes that are nearly equal, wherever they stand', () => {
    const shares = fc.array(fc.double({ min: 0, max: 0.1, noNaN: true }), { minLength: 320, maxLength: 320 });
    fc.assert(
      fc.property(shares, policies, (reserved, policy) => {
        const nodes = reserved.map((cpu, index) => candidate(`node-${index}`, { reserved: { cpu } }));
        // Nodes of as many points, by what is shown of them, may stand in another order.
        const pointsOf = ({ explanation }: ReturnType<typeof place>) =>
          explanation.best.map(({ points }) => points);
        expect(pointsOf(filled(policy, nodes).place(wish()))).toEqual(
          pointsOf(place(wish(), nodes, { policy })),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('knows a node anew when it is measured, and by its reservations alone once its agent is silent', () => {
    const fleet = filled('spread', [candidate('a'), candidate('b', { reserved: { cpu: 0.5 } })]);
    expect(fleet.place(wish()).place?.node).toBe('a');
    fleet.measure('a', busyWith(2, 0));
    expect(fleet.place(wish()).place?.node).toBe('b');
    fleet.measure('a', busyWith(0, 1_900));
    expect(fleet.place(wish()).place?.node).toBe('b');
    fleet.measure('a', undefined);
    expect(fleet.place(wish()).place?.node).toBe('a');
    fleet.measure('none', busyWith(0, 0));
  });

  it('counted the cores of a place that was given back at once as used by an instance that is not measured yet', () => {
    const fleet = filled('spread', [candidate('a', { youngCpu: 0.5 })]);
    const taken = { service: 'shop/web', cpu: 1, memoryMiB: 10 };
    fleet.take('a', taken);
    fleet.undoTake('a', taken);
    expect(fleet.get('a')).toMatchObject({ youngCpu: 0.5, reserved: { cpu: 0, memoryMiB: 0 } });
  });

  it('looks further than its first list when terms of single nodes turn that around', () => {
    const nodes = Array.from({ length: 400 }, (_, index) =>
      candidate(`node-${String(index).padStart(3, '0')}`, {
        reserved: { cpu: index < 399 ? 0 : 0.4 },
        instances: index < 399 ? { web: 4 } : {},
      }),
    );
    expect(filled('spread', nodes).place(wish()).place?.node).toBe('node-399');
  });

  it.each(['spread', 'pack'] as const)(
    'finds the few nodes that have more of an image than others, and the many, as they come to have it: %s',
    (policy) => {
      const name = (index: number): string => `node-${String(index).padStart(3, '0')}`;
      const has = (...layers: readonly string[]) => ({ layers: layersOf(...layers) });
      const wished = wish({ imageLayers: imageOf({ base: 3, tools: 1, own: 1 }) });
      const nodes = Array.from({ length: 300 }, (_, index) =>
        candidate(name(index), {
          // The last ones are a little worse, but for the image.
          reserved: { cpu: (policy === 'spread') === index > 150 ? 0.04 : 0 },
          measured: has(...(index % 2 === 0 ? ['base'] : [])),
        }),
      );
      const fleet = filled(policy, nodes);
      /** Also where the image is asked about for the first time. */
      const agrees = (): string | undefined => {
        const now = fleet.names.flatMap((one) => fleet.get(one) ?? []);
        const { best } = place(wished, now, { policy }).explanation;
        for (const one of [fleet, fleet.copy()])
          expect(one.place(wished).explanation.best.map(({ points }) => points)).toEqual(
            best.map(({ points }) => expect.closeTo(points, 2) as number),
          );
        return best[0]?.node;
      };
      agrees();
      fleet.measure(name(299), has('base', 'tools', 'own'));
      expect(agrees()).toBe(name(299));
      for (let index = 150; index < 300; index += 1) {
        fleet.measure(name(index), has('base', 'tools'));
        if (index % 30 === 0) agrees();
      }
      agrees();
    },
  );

  it('and its copy know what nodes lack of an image each by its own changes', () => {
    const has = (...layers: readonly string[]) => ({ layers: layersOf(...layers) });
    const wished = wish({ imageLayers: imageOf({ base: 4, own: 1 }) });
    const names = ['a', 'b', 'c'];
    const fleet = filled(
      'spread',
      names.map((name) => candidate(name, { measured: has(...(name === 'a' ? ['base'] : [])) })),
    );
    const imagePoints = (of: Fleet): readonly unknown[] => {
      const { best } = of.place(wished).explanation;
      return names.map((name) => best.find(({ node }) => node === name)?.terms['image']);
    };
    expect(imagePoints(fleet)).toEqual([4, 0, 0]);
    const copy = fleet.copy();
    copy.measure('b', has('base', 'own'));
    fleet.measure('a', has());
    fleet.remove('c');
    expect(imagePoints(copy)).toEqual([4, 5, 0]);
    expect(imagePoints(fleet)).toEqual([0, 0, undefined]);
    expect(fleet.place(wished).place?.node).toBe('a');
    expect(copy.place(wished).place?.node).toBe('b');
  });

  it('counted a zone whose last node had gone as one without instances, so that all others seemed too full', () => {
    const nodes = [
      candidate('a', { zone: 'x', instances: { web: 2 } }),
      candidate('b', { zone: 'y', instances: { web: 1 } }),
    ];
    const fleet = filled('spread', [...nodes, candidate('c', { zone: 'z' })]);
    fleet.remove('c');
    expect(fleet.place(wish()).explanation.best).toEqual(place(wish(), nodes).explanation.best);
    fleet.set(candidate('a', { zone: 'y', instances: { web: 2 } }));
    expect(fleet.place(wish()).explanation.best[1]?.terms.zones).toBeCloseTo(0);
  });

  it('took a node for one of another kind once labels had changed more than 65,536 times', () => {
    const fleet = filled('spread', [candidate('a', { state: 'cordoned' })]);
    for (let change = 0; change < 65_536; change += 1)
      fleet.set(candidate('b', { labels: { change: String(change) } }));
    expect(fleet.place(wish()).place?.node).toBe('b');
  });

  it('has a fixed order of filters: a node is refused by the first', () => {
    const nodes = [candidate('a', { state: 'cordoned', reserved: { cpu: 2 } })];
    expect(
      filled('spread', nodes)
        .place(wish())
        .explanation.refused.map(({ filter }) => filter),
    ).toEqual(['state']);
    expect(new Set(filters.map(({ name }) => name)).size).toBe(filters.length);
  });

  it('counts the same points as the table of terms', () => {
    const nodes = [
      candidate('a', { zone: 'x', measured: busyWith(1, 10), instances: { web: 1 } }),
      candidate('b', { zone: 'y' }),
    ];
    const { explanation } = filled('pack', nodes).place(wish());
    const facts = factsOf(wish(), nodes);
    for (const { node, points, terms } of explanation.best) {
      const exact = pointsOf(
        nodes.find(({ name }) => name === node)!,
        wish(),
        facts,
        'pack',
      );
      expect(points).toBeCloseTo(exact, 3);
      expect(Object.values(terms).reduce((a, b) => a + b, 0)).toBeCloseTo(exact, 2);
    }
  });

  it('explains a decision by its nodes as they are once a claim has read them anew, and by what was refused then', () => {
    const fleet = filled('spread', [
      candidate('a'),
      candidate('b', { reserved: { cpu: 0.5 } }),
      candidate('full', { reserved: { cpu: 1.8 } }),
    ]);
    const decided = fleet.place(wish());
    expect(decided.place?.node).toBe('a');
    fleet.set(candidate('a', { reserved: { cpu: 1 } }));
    fleet.remove('full');
    const { best, refused, nodes } = decided.explanation;
    expect(nodes).toBe(3);
    expect(best.map(({ node }) => node)).toEqual(['b', 'a']);
    expect(fleet.placeOn('a', wish())?.score).toBeCloseTo(best[1]?.points ?? 0, 1);
    expect(refused).toMatchObject([{ filter: 'cpu', closest: 'full', quantity: { needed: 0.5, free: 0.2 } }]);
  });
});
