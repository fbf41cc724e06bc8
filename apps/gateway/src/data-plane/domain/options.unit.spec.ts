import { describe, expect, it } from 'vitest';
import { assign, carryingNothing, isSameConfiguration } from './carrying.js';
import { operations } from './operations.js';
import { backendOf } from './route-target.js';
import { betweenOf, optionsOf, rulesOf } from './options.js';
import type { Wanted, WantedServer, WantedService } from './wanted.js';
import { problemsOf } from './wanted-problems.js';
import { Carried, server, wantedOf } from './wanted.testing.js';

const pools = {
  least: { backends: 4, servers: 4 },
  weighted: { backends: 1, servers: 1 },
  sticky: { backends: 1, servers: 1 },
  h2: { backends: 1, servers: 1 },
};

function web(servers: readonly WantedServer[], more: Partial<WantedService> = {}): Wanted {
  const { services, routes } = wantedOf({ web: servers });
  return { services: services.map((service) => ({ ...service, ...more })), routes };
}

describe('the options of a service', () => {
  it('are one word for the map, whatever a version is called', () => {
    expect(optionsOf({})).toBe('');
    expect(optionsOf({ cache: { version: 'r1:2;3 \n4' } })).toBe('r1%3A2%3B3%20%0A4::');
    expect(optionsOf({ limits: { requestsPerSecond: 2.5 } })).toBe(':25:');
    expect(optionsOf({ cache: { version: 'r1' }, limits: { bodyBytes: 0 } })).toBe('r1::0');
  });

  it('that are out of bounds are named', () => {
    const limits = { requestsPerSecond: 0, bodyBytes: NaN };
    expect(problemsOf(web([server(1)], { limits }))).toEqual([
      'service web: requestsPerSecond 0, expected 0.1 to 1000000',
      'service web: bodyBytes NaN, expected 0 to 2000000000',
    ]);
  });

  it('need rules where a service has them; those cost a reload once, and stay', () => {
    const plain = assign(carryingNothing(pools), web([server(1)]));
    const cached = assign(plain, web([server(1)], { cache: { version: 'r1' } }));
    expect([...cached.rules]).toEqual(['cache']);
    expect(isSameConfiguration(plain, cached)).toBe(false);
    expect(isSameConfiguration(cached, assign(cached, web([server(1)])))).toBe(true);
    expect(rulesOf([{ servers: [], limits: {} }], [])).toEqual(['limits']);
    expect(rulesOf([{ servers: [], percent: 0 }], [])).toEqual(['splits']);
    expect(rulesOf([{ servers: [server(1, { mostInFlight: 3 })] }], [])).toEqual(['bounds']);
    const route = { host: 'web.localhost', path: '/', service: 'web' };
    expect(rulesOf([], [route])).toEqual([]);
    expect(rulesOf([], [route, { ...route, path: '/a', timeoutMs: 5 }])).toEqual(['rewrites']);
  });
});

describe('a new version of the cache', () => {
  it('is asked for once the servers have changed: answers of both may be kept meanwhile under neither', () => {
    const before = assign(carryingNothing(pools), web([server(1)], { cache: { version: 'r1' } }));
    const after = assign(before, web([server(2)], { cache: { version: 'r2' } }));
    expect(operations(before, after).map((one) => ('options' in one ? one.options : one.kind))).toEqual([
      'r1>r2::',
      'place',
      'switch',
      'r2::',
    ]);
    const carried = new Carried(before);
    for (const operation of operations(before, after)) carried.take(operation);
    expect([...carried.options]).toEqual([['least-1', 'r2::']]);
  });

  it('is not in between where there was none, or where only a limit has changed', () => {
    expect(betweenOf('::', 'r1::')).toBeUndefined();
    expect(betweenOf('r1:10:', 'r1:20:')).toBeUndefined();
    expect(betweenOf('r1:10:', 'r2:20:')).toBe('r1>r2:20:');
  });

  it('goes with its service', () => {
    const before = assign(carryingNothing(pools), web([server(1)], { cache: { version: 'r1' } }));
    const carried = new Carried(before);
    for (const operation of operations(before, assign(before, { services: [], routes: [] })))
      carried.take(operation);
    expect([...carried.options]).toEqual([]);
  });
});

describe('a service without an instance that is ready', () => {
  const routeOf = (wanted: Wanted) => {
    const carrying = assign(carryingNothing(pools), wanted);
    const start = carryingNothing(pools);
    const found = operations(start, carrying).find(({ kind }) => kind === 'add-route');
    return found?.kind === 'add-route' ? backendOf(found.target) : undefined;
  };

  it('has a backend where requests wait for it, and is refused where it should not run', () => {
    expect(routeOf(web([], { isAwaited: true }))).toBe('least-1');
    expect(routeOf(web([]))).toBe('no-server');
    expect(routeOf(web([server(1, { state: 'drain' })]))).toBe('no-server');
    expect(routeOf(web([server(1, { state: 'drain' })], { isAwaited: true }))).toBe('least-1');
  });

  it('had its backend for ever when it went before its first instance: nothing was left to go', () => {
    const before = assign(carryingNothing(pools), web([], { isAwaited: true }));
    expect([...assign(before, { services: [], routes: [] }).backends]).toEqual([]);
  });

  it('keeps its backend until its first instance is there', () => {
    const before = assign(carryingNothing(pools), web([], { isAwaited: true }));
    const after = assign(before, web([server(1)], { isAwaited: true }));
    expect(operations(before, after)).toEqual([
      { kind: 'place', at: { backend: 'least-1', slot: 1 }, server: server(1) },
    ]);
  });
});
