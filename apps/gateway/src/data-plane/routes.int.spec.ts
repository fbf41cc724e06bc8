import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HaproxyDataPlane } from './adapters/haproxy-data-plane.js';
import type { WantedRoute } from './domain/wanted.js';
import { wantedOf } from './domain/wanted.testing.js';
import { type Instance, Stream } from './haproxy.testing.js';
import { HaproxyPlace } from './haproxy-place.testing.js';

let place: HaproxyPlace;
let port: number;
let plane: HaproxyDataPlane;
let web: Instance;

beforeEach(async () => {
  place = await HaproxyPlace.make();
  ({ port } = place);
  web = await place.instance('web', ({ url = '' }, response) => {
    const timer = setTimeout(() => response.end(url), Number(/wait=(\d+)/.exec(url)?.[1] ?? 0));
    response.on('close', () => clearTimeout(timer));
  });
  await open([]);
});
afterEach(() => place.close());

/** With a shorter time than the longest answer that a route allows. */
async function open(trustedProxies: readonly string[]): Promise<void> {
  plane = await place.open({ settings: { idleMs: 1_000, trustedProxies } });
}

const carry = (...routes: readonly Omit<WantedRoute, 'service'>[]): Promise<void> =>
  plane.apply({
    services: wantedOf({ web: [web.wanted()] }).services,
    routes: routes.map((route) => ({ ...route, service: 'web' })),
  });
const get = (...what: Parameters<HaproxyPlace['get']>) => place.get(...what);
const lastHeader = (name: string): unknown => web.seen.at(-1)?.headers[name];
const headerAt = (path: string, name: string): unknown =>
  web.seen.find(({ url }) => url === path)?.headers[name];

describe('a route', () => {
  it('takes its path off, whatever its length, and says so to the instance', async () => {
    const deep = `/${Array.from({ length: 15 }, (_, n) => `p${n}`).join('/')}`;
    await carry(
      { host: 'x.org', path: '/' },
      { host: 'x.org', path: '/api', strip: true },
      { host: 'x.org', path: '/a/b/c', strip: true },
      { host: 'x.org', path: deep, strip: true },
    );
    const seen = await Promise.all(
      [
        ...[
          '/apix',
          '/api',
          '/api/',
          '/api?x=/api/1',
          '/api/v1/x?q',
          '/api//x',
          '/a/b/c',
          '/a/b/c/d',
          '/a/b',
        ],
        ...[deep, `${deep}/x/y?z`],
      ].map(async (path) => (await get('x.org', path)).body),
    );
    expect(seen).toEqual([
      '/apix',
      '/',
      '/',
      '/?x=/api/1',
      '/v1/x?q',
      '//x',
      '/',
      '/d',
      '/a/b',
      '/',
      '/x/y?z',
    ]);
    await get('x.org', '/a/b/c/d', { 'x-forwarded-prefix': '/claimed' });
    expect(lastHeader('x-forwarded-prefix')).toBe('/a/b/c');
    await get('x.org', '/other', { 'x-forwarded-prefix': '/claimed' });
    expect(lastHeader('x-forwarded-prefix')).toBeUndefined();
  });

  it('adds its path to the prefix that a trusted proxy names', async () => {
    await plane.close({ leave: false });
    await open(['127.0.0.1']);
    await carry({ host: 'x.org', path: '/' }, { host: 'x.org', path: '/api', strip: true });
    await get('x.org', '/', { 'x-forwarded-prefix': '/outer' });
    expect(lastHeader('x-forwarded-prefix')).toBe('/outer');
    await get('x.org', '/api', { 'x-forwarded-prefix': '/outer' });
    expect(lastHeader('x-forwarded-prefix')).toBe('/outer/api');
  });

  it('sets headers in place of those that a client sent, with any text in them', async () => {
    const value = `a "b" 'c' \\d;e|f:g%[x]=, %{+Q}T`;
    await carry(
      { host: 'x.org', path: '/', headers: { 'X-Tenant': value } },
      { host: 'y.org', path: '/', headers: { 'X-Other': 'y' } },
      { host: 'z.org', path: '/' },
    );
    await get('x.org', '/', { 'x-tenant': 'mine', 'x-other': 'kept' });
    expect([lastHeader('x-tenant'), lastHeader('x-other')]).toEqual([value, 'kept']);
    await get('y.org', '/', { 'x-tenant': 'mine' });
    expect([lastHeader('x-tenant'), lastHeader('x-other')]).toEqual(['mine', 'y']);
    await get('z.org');
    expect([lastHeader('x-tenant'), lastHeader('x-other')]).toEqual([undefined, undefined]);
  });

  it('says how long an answer may take: less than others, and more', async () => {
    await carry(
      { host: 'x.org', path: '/', timeoutMs: 200 },
      { host: 'y.org', path: '/', timeoutMs: 10_000 },
      { host: 'z.org', path: '/', headers: { 'X-A': 'b' } },
    );
    const begun = performance.now();
    expect(await get('x.org', '/?wait=5000')).toMatchObject({
      ...{ status: 504, body: 'The instance that should answer takes too long.\n' },
    });
    expect(performance.now() - begun).toBeLessThan(900);
    expect((await get('y.org', '/?wait=1500')).status).toBe(200);
    expect((await get('z.org', '/?wait=1500')).status).toBe(504);
    expect((await get('x.org')).status).toBe(200);
  });

  it('of a pattern takes hosts of one label more that have none of their own', async () => {
    await carry(
      { host: '*.x.org', path: '/', headers: { 'X-By': 'pattern' } },
      { host: 'a.x.org', path: '/api' },
    );
    expect((await get('b.x.org')).status).toBe(200);
    expect(lastHeader('x-by')).toBe('pattern');
    await get('a.x.org', '/api/1');
    expect(lastHeader('x-by')).toBeUndefined();
    await get('A.X.org:80', '/other');
    expect(lastHeader('x-by')).toBe('pattern');
    for (const host of ['x.org', 'a.b.x.org', 'xx.org']) expect((await get(host)).status, host).toBe(404);
    expect((await get('.x.org')).status, 'it is no name').toBe(400);
  });
});

describe('a change of routes', () => {
  it('of paths, times and values needs no reload; a header with a new name costs one; no request fails', async () => {
    await carry({ host: 'x.org', path: '/', headers: { 'X-Tenant': 'one' } });
    const begun = plane.counts.reloads;
    const stream = new Stream({ port, host: 'x.org', path: '/api' });
    for (let round = 0; round < 20; round += 1) {
      await carry(
        { host: 'x.org', path: '/', headers: { 'X-Tenant': `t${round}` }, timeoutMs: 5_000 + round },
        ...(round % 2 === 0 ? [{ host: 'x.org', path: '/api', strip: true }] : []),
        { host: `h${round}.org`, path: '/' },
      );
      await get(`h${round}.org`);
      await get('x.org', `/round/${round}`);
      expect(headerAt(`/round/${round}`, 'x-tenant')).toBe(`t${round}`);
    }
    expect(plane.counts.reloads).toBe(begun);
    await carry({ host: 'x.org', path: '/', headers: { 'X-New': 'n' } });
    expect(plane.counts.reloads).toBe(begun + 1);
    await get('x.org', '/last');
    expect([headerAt('/last', 'x-tenant'), headerAt('/last', 'x-new')]).toEqual([undefined, 'n']);
    await stream.on(10);
    await stream.stop();
    expect(stream.failures).toEqual([]);
    expect(place.troubles).toEqual([]);
  });

  it('is there again after HAProxy was started by what was wanted last', async () => {
    await carry({ host: 'x.org', path: '/api', strip: true, headers: { 'X-Tenant': 'one' }, timeoutMs: 900 });
    await plane.close({ leave: false });
    await open([]);
    expect((await get('x.org', '/api/1')).body).toBe('/1');
    expect(lastHeader('x-tenant')).toBe('one');
  });
});
