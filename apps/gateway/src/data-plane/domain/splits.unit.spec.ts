import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, type Carrying, carryingNothing, leavingOf, namesOf, withGone } from './carrying.js';
import { operations, routeTable } from './operations.js';
import type { Pools } from './pools.js';
import { partnersOf, splitTable } from './splits.js';
import type { Profile, Wanted, WantedServer } from './wanted.js';
import { server } from './wanted.testing.js';

const pool = { backends: 4, servers: 4 };
const POOLS: Pools = { least: pool, weighted: pool, sticky: pool, h2: pool };
const NONE = carryingNothing(POOLS);
const tried = (number: number, more: Partial<WantedServer> = {}) =>
  server(number, { isCanary: true, ...more });

const wanted = (
  servers: readonly WantedServer[],
  percent: number | undefined = 10,
  profile: Profile = 'least',
): Wanted => ({
  services: [{ id: 'web', profile, servers, ...(percent > 0 && { canary: { release: 'r2', percent } }) }],
  routes: [{ host: 'web.localhost', path: '/', service: 'web' }],
});
const kindsOf = (before: Carrying, after: Carrying) => operations(before, after).map(({ kind }) => kind);

describe('a canary', () => {
  it('has a backend of its own, to which a part of the lots leads', () => {
    const carrying = assign(NONE, wanted([server(1), server(2), tried(3)]));
    expect(routeTable(carrying)).toEqual(new Map([['web.localhost/', 'least-1']]));
    expect(splitTable(carrying)).toEqual(new Map([['least-1', 'least-2:1000']]));
    expect([...partnersOf(carrying)]).toEqual([
      ['least-2', 'least-1'],
      ['least-1', 'least-2'],
    ]);
    // It is the same service to whoever counts.
    expect(namesOf(carrying).instances.get('i3')).toBe('web');
  });

  it('of a service with `sticky` says that clients keep their lot', () => {
    const carrying = assign(NONE, wanted([server(1), tried(3)], 12, 'sticky'));
    expect(splitTable(carrying)).toEqual(new Map([['sticky-1', 'sticky-2:1200:sticky']]));
  });

  it('that gets another share is one change of a map, and no server moves', () => {
    const before = assign(NONE, wanted([server(1), tried(3)], 10));
    expect(operations(before, assign(before, wanted([server(1), tried(3)], 50)))).toEqual([
      { kind: 'mark', mark: 'splits', backend: 'least-1', value: 'least-2:5000', isThere: true },
    ]);
  });

  it('serves before its share leads to it, and loses its share before its servers leave', () => {
    const before = assign(NONE, wanted([server(1)], 0));
    const after = assign(before, wanted([server(1), tried(3)]));
    expect(kindsOf(before, after)).toEqual(['place', 'mark']);
    expect(kindsOf(after, assign(after, wanted([server(1)], 0)))).toEqual(['mark', 'switch']);
  });

  it('without a server that is ready has no share, and has all where the others have none', () => {
    const without = assign(NONE, wanted([server(1), tried(3, { state: 'drain' })]));
    expect(splitTable(without).size).toBe(0);
    const alone = assign(NONE, wanted([server(1, { state: 'drain' }), tried(3)]));
    expect(splitTable(alone).size).toBe(0);
    expect(routeTable(alone)).toEqual(new Map([['web.localhost/', 'least-2']]));
    expect(routeTable(assign(NONE, wanted([tried(3)])))).toEqual(new Map([['web.localhost/', 'least-1']]));
  });

  it('that gets all requests serves on in the other backend before it leaves its own', () => {
    const before = assign(NONE, wanted([server(1), tried(3)]));
    const after = assign(before, wanted([server(1), server(3)], 0));
    expect(kindsOf(before, after)).toEqual(['place', 'mark', 'switch']);
    expect(leavingOf(after)).toEqual([{ backend: 'least-2', slot: 1 }]);
    expect(withGone(after, leavingOf(after)).backends.has('least-2')).toBe(false);
  });
});

const states = fc.array(
  fc.record({
    servers: fc.uniqueArray(
      fc.record({
        number: fc.integer({ min: 1, max: 6 }),
        state: fc.constantFrom('ready' as const, 'drain' as const),
        isCanary: fc.boolean(),
      }),
      { selector: ({ number }) => number, maxLength: 5 },
    ),
    percent: fc.integer({ min: 0, max: 99 }),
    ended: fc.boolean(),
  }),
  { maxLength: 10 },
);

it('in any order of changes, each instance answers for its own side, and none is in two places', () => {
  fc.assert(
    fc.property(states, (all) => {
      let carrying = NONE;
      for (const { servers, percent, ended } of all) {
        const next = wanted(
          servers.map(({ number, state, isCanary }) =>
            server(number, { state, ...(isCanary && { isCanary }) }),
          ),
          percent,
        );
        const before = ended ? withGone(carrying, leavingOf(carrying)) : carrying;
        carrying = assign(before, next);
        const taken = [...carrying.backends.values()].flatMap(({ slots, percent: share }) =>
          [...slots.values()].flatMap(({ kind, server: held }) =>
            kind === 'taken' ? [{ ...held, isOnCanarySide: share !== undefined }] : [],
          ),
        );
        expect(taken.map(({ name }) => name).toSorted()).toEqual(
          next.services[0]?.servers.map(({ name }) => name).toSorted(),
        );
        for (const { isCanary = false, isOnCanarySide } of taken)
          expect(isOnCanarySide).toBe(isCanary && percent > 0);
        expect(operations(carrying, assign(carrying, next))).toEqual([]);
      }
    }),
  );
});
