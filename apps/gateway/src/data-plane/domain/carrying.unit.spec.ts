import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, backendsByOwner, type Carrying, carryingNothing, leavingOf, withGone } from './carrying.js';
import { operations } from './operations.js';
import { isSamePools, type Pools } from './pools.js';
import { keyOf, profiles, type Wanted, WEIGHTS } from './wanted.js';
import { Carried, metByWanted, server, wantedOf } from './wanted.testing.js';
import { problemsOf } from './wanted-problems.js';

const pool = { backends: 2, servers: 2 };
const SMALL: Pools = { least: pool, weighted: pool, sticky: pool, h2: pool };
const NONE = carryingNothing(SMALL);

const slotOf = ({ backends }: Carrying, name: string): string | undefined => {
  for (const [backend, { slots }] of backends)
    for (const [slot, held] of slots)
      if (held.kind === 'taken' && held.server.name === name) return `${backend}/${slot}`;
  return undefined;
};

describe('a service', () => {
  it('has a backend of its profile as long as it has servers, and each of them a slot', () => {
    const first = assign(NONE, wantedOf({ a: [server(1), server(2)], b: [server(3)], c: [] }));
    expect(backendsByOwner(first)).toEqual(
      new Map([
        ['a', 'least-1'],
        ['b', 'least-2'],
      ]),
    );
    const next = assign(first, wantedOf({ b: [server(3)], a: [server(2)] }));
    expect([slotOf(next, 'i2'), slotOf(next, 'i3')]).toEqual(['least-1/2', 'least-2/1']);
    expect(leavingOf(next)).toEqual([{ backend: 'least-1', slot: 1 }]);
  });

  it('that comes gets no slot whose requests have not ended: the pool grows instead', () => {
    const first = assign(NONE, wantedOf({ a: [server(1), server(2)] }));
    const replaced = assign(first, wantedOf({ a: [server(2), server(3)] }));
    expect(slotOf(replaced, 'i3')).toBe('least-1/3');
    expect(replaced.pools.least).toEqual({ backends: 2, servers: 4 });
    const after = assign(withGone(replaced, leavingOf(replaced)), wantedOf({ a: [server(2), server(4)] }));
    expect(slotOf(after, 'i4')).toBe('least-1/1');
  });

  it('that changes its profile changes its backend', () => {
    const first = assign(NONE, wantedOf({ a: [server(1)] }));
    const next = assign(first, wantedOf({ a: [server(1)] }, 'sticky'));
    expect(backendsByOwner(next)).toEqual(new Map([['a', 'sticky-1']]));
    expect(leavingOf(next)).toEqual([{ backend: 'least-1', slot: 1 }]);
  });

  it('whose instance is wanted at another address gets another slot for it', () => {
    const first = assign(NONE, wantedOf({ a: [server(1)] }));
    const next = assign(first, wantedOf({ a: [server(1, { port: 9_000 })] }));
    expect(slotOf(next, 'i1')).toBe('least-1/2');
  });
});

describe('pools', () => {
  it('double until they are enough, and never shrink', () => {
    const many = Object.fromEntries(Array.from({ length: 5 }, (_, n) => [`s${n}`, [server(n)]]));
    const grown = assign(NONE, wantedOf(many));
    expect(grown.pools).toEqual({ ...SMALL, least: { backends: 8, servers: 2 } });
    expect(assign(grown, wantedOf({})).pools).toEqual(grown.pools);
  });
});

it('what is new serves before routes lead to it, and before what was there leaves', () => {
  const before = assign(NONE, wantedOf({ a: [server(1)], b: [server(5)] }));
  const after = assign(
    before,
    wantedOf({ a: [server(1, { state: 'drain' }), server(2)], c: [server(6)], d: [] }),
  );
  expect(operations(before, { ...after, pools: before.pools }).map(({ kind }) => kind)).toEqual([
    ...['place', 'place', 'add-route', 'add-route', 'remove-route', 'switch', 'switch'],
  ]);
});

const servers = fc.uniqueArray(
  fc.record({
    number: fc.integer({ min: 1, max: 6 }),
    weight: fc.integer({ min: WEIGHTS.least, max: WEIGHTS.most }),
    state: fc.constantFrom('ready' as const, 'drain' as const),
    port: fc.constantFrom(80, 81),
  }),
  { selector: ({ number }) => number, maxLength: 5 },
);

const wanted: fc.Arbitrary<Wanted> = fc
  .uniqueArray(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      profile: fc.constantFrom(...profiles),
      servers,
    }),
    { selector: ({ id }) => id },
  )
  .chain((services) => {
    const route = fc.record({
      host: fc.constantFrom('x.localhost', 'y.localhost'),
      path: fc.constantFrom('/', '/api', '/api/v1'),
      service: fc.constantFrom(...services.map(({ id }) => id), 'a'),
    });
    const routes = fc.uniqueArray(route, { selector: keyOf });
    return routes.map((all) => ({
      services: services.map(({ servers: own, ...service }) => ({
        ...service,
        servers: own.map(({ number, ...more }) => server(number, more)),
      })),
      routes: all.filter(({ service }) => services.some(({ id }) => id === service)),
    }));
  });

/** What is wanted next, and which share of the leaving requests has ended before. */
const steps = fc.array(fc.record({ next: wanted, ended: fc.double({ min: 0, max: 1, noNaN: true }) }), {
  maxLength: 12,
});

describe('any order of wanted states', () => {
  it('is carried as a fresh start of the last one would carry it, at each step', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let carrying = NONE;
        let haproxy = new Carried(carrying);
        for (const { next, ended } of all) {
          expect(problemsOf(next)).toEqual([]);
          const leaving = leavingOf(carrying);
          const before = withGone(carrying, leaving.slice(0, Math.round(ended * leaving.length)));
          carrying = assign(before, next);
          if (isSamePools(before.pools, carrying.pools))
            for (const operation of operations(before, carrying)) haproxy.take(operation);
          else haproxy = new Carried((carrying = withGone(carrying, leavingOf(carrying))));
          expect(haproxy.met).toEqual(metByWanted(next));
          expect(new Carried(assign(NONE, next)).met).toEqual(haproxy.met);
          expect(operations(carrying, assign(carrying, next))).toEqual([]);
        }
      }),
    );
  });

  it('gives no backend to two services, no slot that is leaving to anybody, and moves nobody who stays', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let before = NONE;
        for (const { next } of all) {
          const after = assign(before, next);
          const owners = [...after.backends.values()].flatMap(({ service }) => service ?? []);
          expect(new Set(owners).size).toBe(owners.length);
          for (const { backend, slot } of leavingOf(before)) {
            const kept = after.backends.get(backend)?.slots.get(slot);
            expect(kept).toEqual(before.backends.get(backend)?.slots.get(slot));
          }
          for (const { id, profile, servers: own } of next.services) {
            const name = backendsByOwner(before).get(id);
            const old = before.backends.get(name ?? '');
            if (name === undefined || old?.profile !== profile || own.length === 0) continue;
            expect(backendsByOwner(after).get(id)).toBe(name);
            for (const [slot, held] of old.slots)
              if (held.kind === 'taken' && own.some((one) => isSame(one, held.server)))
                expect(after.backends.get(name)?.slots.get(slot)).toMatchObject({
                  server: { name: held.server.name },
                });
          }
          before = after;
        }
      }),
    );
  });
});

const isSame = (a: { name: string; port: number }, b: { name: string; port: number }): boolean =>
  a.name === b.name && a.port === b.port;
