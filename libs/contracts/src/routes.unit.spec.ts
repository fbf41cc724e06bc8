import { describe, expect, it } from 'vitest';
import { inputProblems, problemText } from './input-problems.js';
import {
  applicationOfHost,
  defaultHost,
  hostsOverlap,
  knownTraffic,
  routeSchema,
  routesSchema,
} from './routes.js';
import { parseServiceConfig } from './service-config.js';

function problems(routes: unknown): string {
  const parsed = routesSchema.safeParse(routes);
  return parsed.success ? '' : problemText(inputProblems(parsed.error.issues), 'routes');
}

describe('a route', () => {
  it('has all paths without one, and none ends with a slash', () => {
    expect(routesSchema.parse([{ host: 'shop.example.com' }, { host: 'x.org', path: '/api/' }])).toEqual([
      { host: 'shop.example.com', path: '/' },
      { host: 'x.org', path: '/api' },
    ]);
  });

  it.each([
    [{ host: 'Shop.example.com' }, '0.host: expected a host name in lower case'],
    [{ host: 'shop.example.com:80' }, '0.host: expected a host name'],
    [{ host: '10.0.0.1' }, '0.host: expected a host name'],
    [{ host: '*' }, '0.host: expected a host name'],
    [{ host: 'localhost' }, '0.host: expected a host name in lower case with a dot in it'],
    [{ host: 'com' }, '0.host: expected a host name in lower case with a dot in it'],
    [{ host: '*.com' }, '0.host: expected a host name in lower case with a dot in it'],
    [{ host: '*.localhost' }, '0.host: expected a host name in lower case with a dot in it'],
    [{ host: 'a.*.example.com' }, '0.host: expected a host name'],
    [{ host: 'a_b.example.com' }, '0.host: expected a host name'],
    [{ host: `${'a'.repeat(64)}.com` }, '0.host: expected a host name'],
    [{ host: 'x.org', path: 'api' }, '0.path: expected a path that begins with /'],
    [{ host: 'x.org', path: '/a b' }, '0.path: expected a path'],
    [{ host: 'x.org', path: '/a//b' }, '0.path: expected a path'],
    [{ host: 'x.org', path: '/a/../b' }, '0.path: expected a path'],
    [{ host: 'x.org', path: '/a/%2e%2E' }, '0.path: expected a path'],
    [{ host: 'x.org', path: '/a/.%2e/b' }, '0.path: expected a path'],
    [{ host: 'x.org', path: '/%zz' }, '0.path: expected a path'],
    [{ host: 'x.org', path: '/a; del map x' }, '0.path: expected a path'],
    [{ host: 'x.org', path: '/a\ndel map x' }, '0.path: expected a path'],
    [{ host: 'x.org', strip: true }, '0.strip: expected a path other than / beside it'],
    [{ host: 'x.org', path: '/a'.repeat(16), strip: true }, '0.path: expected at most 15 parts with strip'],
    [{ host: 'x.org', timeoutMs: 0 }, '0.timeoutMs: expected at least 1'],
    [{ host: 'x.org', headers: { Host: 'y' } }, 'that the gateway does not set itself'],
    [{ host: 'x.org', headers: { 'x-forwarded-for': 'y' } }, 'that the gateway does not set itself'],
    [{ host: 'x.org', headers: { 'Transfer-Encoding': 'chunked' } }, 'that the gateway does not set itself'],
    [{ host: 'x.org', headers: { 'X A': 'y' } }, 'expected the name of a request header'],
    [
      { host: 'x.org', headers: { 'X-A': 'a\r\nHost: b' } },
      'expected 1 to 1000 characters of printable ASCII',
    ],
    [{ host: 'x.org', headers: { 'X-A': ' a' } }, 'without blanks at the beginning or end'],
    [{ host: 'x.org', headers: { 'X-A': '1', 'x-a': '2' } }, 'expected each name once'],
    [{ host: 'x.org', port: 80 }, '0.port: unknown field'],
  ])('is refused with its field, and never with a value: %#', (route, expected) => {
    expect(problems([route])).toContain(expected);
  });

  it('says no value of a header, which may be somebody’s', () => {
    expect(problems([{ host: 'x.org', headers: { Host: 'hunter2', 'X-A': 'hunter2\n' } }])).not.toContain(
      'hunter2',
    );
  });

  it('stands once for each host and path', () => {
    expect(
      problems([
        { host: 'x.org', path: '/a' },
        { host: 'x.org', path: '/a/' },
      ]),
    ).toContain('expected each host and path once');
  });
});

describe('config.json', () => {
  const config = (more: object) => JSON.stringify({ runtime: 'node', port: 8080, ...more });

  it('declares routes and how requests are shared out', () => {
    const { routes, traffic } = parseServiceConfig(
      config({ routes: [{ host: 'x.org' }], traffic: { balance: 'sticky' } }),
    );
    expect({ routes, traffic }).toEqual({
      ...{ routes: [{ host: 'x.org', path: '/' }], traffic: { balance: 'sticky' } },
    });
  });

  it('of a worker has none', () => {
    expect(() => parseServiceConfig(config({ port: undefined, routes: [{ host: 'x.org' }] }))).toThrow(
      'routes: expected port beside it',
    );
    expect(() => parseServiceConfig(config({ port: undefined, traffic: { balance: 'least' } }))).toThrow(
      'traffic: expected port beside it',
    );
  });

  it('names what is wrong within a route', () => {
    expect(() => parseServiceConfig(config({ routes: [{ host: 'X.org' }] }))).toThrow(
      'routes[0].host: expected',
    );
    expect(() => parseServiceConfig(config({ traffic: { balance: 'random' } }))).toThrow('traffic.balance');
    expect(() => parseServiceConfig(config({ traffic: { protocol: 'h2', balance: 'sticky' } }))).toThrow(
      'traffic.balance: expected least beside protocol h2',
    );
    expect(() => parseServiceConfig(config({ traffic: { bodyBytes: -1 } }))).toThrow('traffic.bodyBytes');
  });
});

it('hosts below the domain of the gateway belong to the applications that they name', () => {
  expect(defaultHost('shop', 'app-server', 'example.com')).toBe('shop.example.com');
  expect(defaultHost('shop', 'web', 'example.com')).toBe('web.shop.example.com');
  const owners = ['shop.example.com', 'a.b.shop.example.com', '*.shop.example.com', '*.example.com'].map(
    (host) => applicationOfHost(host, 'example.com'),
  );
  expect(owners).toEqual(['shop', 'shop', 'shop', '*']);
  for (const host of ['example.com', 'shop.example.org', 'notexample.com'])
    expect(applicationOfHost(host, 'example.com')).toBeUndefined();
});

it('a pattern overlaps with the hosts of one label more, and with nothing else', () => {
  expect(hostsOverlap('*.example.com', 'shop.example.com')).toBe(true);
  expect(hostsOverlap('shop.example.com', '*.example.com')).toBe(true);
  for (const other of ['example.com', 'a.shop.example.com', '*.shop.example.com'])
    expect(hostsOverlap('*.example.com', other)).toBe(false);
});

it('whatever a route may be passes its own schema again', () => {
  const route = routeSchema.parse({
    ...{ host: '*.x.org', path: "/a/b_c~d%20(e)'f'", strip: true, headers: { 'X-A': 'a "b" ;|:' } },
  });
  expect(routeSchema.parse(route)).toEqual(route);
});

it('one setting of traffic that is not known stopped all others: it is left out', () => {
  expect(knownTraffic({ balance: 'random', protocol: 'h3', queueMs: 5, cache: true, later: 1 })).toEqual({
    ...{ queueMs: 5, cache: true },
  });
  expect(knownTraffic(null)).toEqual({});
});
