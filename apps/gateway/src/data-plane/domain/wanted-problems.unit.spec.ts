import fc from 'fast-check';
import { expect, it } from 'vitest';
import { routeSchema } from '#libs/contracts';
import { server, wantedOf } from './wanted.testing.js';
import type { WantedBounds } from './wanted.js';
import { problemsOf, withSoundRoutes } from './wanted-problems.js';

const route = (host: string, path: string, more: object = {}) => ({
  ...wantedOf({ a: [] }),
  routes: [{ host, path, service: 'a', ...more }],
});

const bounded = (bounds: WantedBounds) => ({
  services: wantedOf({ a: [] }).services.map((service) => ({ ...service, bounds })),
  routes: [],
});

it.each([
  [wantedOf({ a: [server(1, { address: 'node-1' })] }), 'address "node-1", expected an IP address'],
  [wantedOf({ a: [server(1, { address: '10.0.0.256' })] }), 'expected an IP address'],
  [wantedOf({ a: [server(1, { port: 0 })] }), 'port 0, expected 1 to 65535'],
  [wantedOf({ a: [server(1, { weight: 257 })] }), 'weight 257, expected 1 to 256'],
  [wantedOf({ a: [server(1, { weight: 1.5 })] }), 'weight 1.5, expected 1 to 256'],
  [wantedOf({ a: [server(1), server(1)] }), 'server i1 is wanted twice'],
  [bounded({ inFlight: -1 }), 'bounds.inFlight: -1, expected 0 to 1000000'],
  [bounded({ queued: 0 }), 'bounds.queued: 0, expected 1 to 1000000'],
  [bounded({ queueMs: 1.5 }), 'bounds.queueMs: 1.5, expected 1 to 3600000'],
  [route('Shop.localhost', '/'), 'expected a host name in lower case'],
  [route('shop.localhost:80', '/'), 'expected a host name in lower case'],
  [route('shop.localhost', 'api'), 'expected one that begins with /'],
  [route('shop.localhost', '/a b'), 'expected one that begins with /'],
  [route('shop.localhost', '/a; disable server x'), 'expected one that begins with /'],
  [route('shop.localhost', '/a\ndel map x'), 'expected one that begins with /'],
  [route('*', '/'), 'expected a host name in lower case'],
  [route('x', '/', { strip: true }), 'strip of a path with 1 to 15 parts expected'],
  [route('x', '/a'.repeat(16), { strip: true }), 'strip of a path with 1 to 15 parts expected'],
  [route('x', '/', { timeoutMs: 1.5 }), 'timeoutMs 1.5, expected 1 to'],
  [route('x', '/', { headers: { host: 'y' } }), 'header "host", expected one that a route may set'],
  [route('x', '/', { headers: { 'X-A': 'a\r\nb' } }), 'value of header X-A, expected printable ASCII'],
  [{ ...wantedOf({}), routes: [{ host: 'x', path: '/', service: 'gone' }] }, 'there is no service gone'],
  [
    {
      ...wantedOf({ a: [] }),
      routes: ['/api', '/api/'].map((path) => ({ host: 'x', path, service: 'a' })),
    },
    'x/api/ is the route of two services',
  ],
])('what cannot be carried is named: %#', (wanted, problem) => {
  expect(problemsOf(wanted).join('; ')).toContain(problem);
});

it('IPv4 and IPv6 addresses, and what paths may have, can be carried', () => {
  const wanted = wantedOf({ 'shop/web': [server(1), server(2, { address: 'fd00::1' })] });
  const routes = [{ host: 'web.shop.example.com', path: "/a/b_c~d%20(e)'f'", service: 'shop/web' }];
  expect(problemsOf({ ...wanted, routes })).toEqual([]);
});

it('whatever config.json and the API take as a route can be carried', () => {
  const text = (alphabet: string, maxLength: number) =>
    fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength });
  const written = fc.record({
    host: fc
      .tuple(
        fc.oneof(text('ab9-', 3), fc.constant('*')),
        fc.constantFrom('x.org', 'y.x.org', '*.x.org', 'A.org'),
      )
      .map((parts) => parts.join('.')),
    path: fc
      .array(text("aZ09._~!$&'()*+,=:@%-;", 3), { maxLength: 18 })
      .map((parts) => `/${parts.join('/')}`),
    strip: fc.boolean(),
    headers: fc.dictionary(text('aXz-', 10), text('a~!"\\:|%', 40), { maxKeys: 4 }),
    timeoutMs: fc.integer({ min: 0, max: 4_000_000 }),
  });
  let taken = 0;
  fc.assert(
    fc.property(written, (one) => {
      const parsed = routeSchema.safeParse(one);
      if (!parsed.success) return;
      taken += 1;
      const wanted = { ...wantedOf({ a: [] }), routes: [{ ...parsed.data, service: 'a' }] };
      expect(problemsOf(wanted)).toEqual([]);
    }),
    { numRuns: 1_500 },
  );
  expect(taken).toBeGreaterThan(50);
});

it('one bad route stopped all: it is left out and said, and of two alike the first one stays', () => {
  const routes = [
    { host: 'x.org', path: '/', service: 'a' },
    { host: 'X.org', path: '/', service: 'a' },
    { host: 'x.org', path: '/', service: 'b' },
    { host: 'y.org', path: '/', service: 'gone' },
  ];
  const { wanted, leftOut } = withSoundRoutes({ ...wantedOf({ a: [], b: [] }), routes });
  expect(wanted.routes).toEqual(routes.slice(0, 1));
  expect(leftOut).toEqual([
    'route of a: host "X.org", expected a host name in lower case',
    'route of b: x.org/ is a route of a',
    'route y.org/: there is no service gone',
  ]);
});

it('routes that would set headers of too many names are left out: each name costs every request a rule', () => {
  const routes = Array.from({ length: 70 }, (_, n) => ({
    ...{ host: `h${n}.org`, path: '/', service: 'a', headers: { [`X-H${n}`]: 'v' } },
  }));
  const all = { ...wantedOf({ a: [] }), routes };
  expect(problemsOf(all).join()).toContain('more than 64 names');
  const { wanted, leftOut } = withSoundRoutes(all);
  expect(wanted.routes).toHaveLength(64);
  expect(leftOut).toHaveLength(6);
  expect(problemsOf(wanted)).toEqual([]);
});
