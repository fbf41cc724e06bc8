import { expect, it } from 'vitest';
import { server, wantedOf } from './wanted.testing.js';
import type { WantedBounds } from './wanted.js';
import { problemsOf } from './wanted-problems.js';

const route = (host: string, path: string) => ({
  ...wantedOf({ a: [] }),
  routes: [{ host, path, service: 'a' }],
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
