import type { TrafficSettings } from '#libs/contracts';
import { describe, expect, it } from 'vitest';
import { changed, type PictureInstance, type PictureService, pictureOf } from './picture.js';
import { hostsOf, wantedOf } from './wanted-of.js';

const instance = (name: string, more: Partial<PictureInstance> = {}): PictureInstance => ({
  ...{
    name,
    appId: 'shop',
    service: 'web',
    address: '10.0.0.1',
    port: 20_000,
    state: 'running',
    release: 'r1',
  },
  ...more,
});
const input = {
  domain: 'localhost',
  hasCache: false,
  addresses: new Map([
    ['10.0.0.1', '10.0.0.1'],
    ['node-2', '10.0.0.2'],
  ]),
};
const wanted = (...args: Parameters<typeof wantedOf>) => wantedOf(...args).wanted;
const web = { appId: 'shop', service: 'web' };

it('running instances are ready, draining ones drain, others are not there', () => {
  const picture = pictureOf(
    7,
    [web],
    [
      ...[instance('a'), instance('b', { state: 'draining', address: 'node-2' })],
      ...[instance('c', { state: 'stopped' }), instance('d', { state: 'failed' })],
    ],
  );
  expect(hostsOf(picture)).toEqual(['10.0.0.1', 'node-2']);
  expect(wanted(picture, input)).toEqual({
    services: [
      {
        ...{ id: 'shop/web', profile: 'least' },
        servers: [
          { name: 'a', address: '10.0.0.1', port: 20_000, weight: 100, state: 'ready', release: 'r1' },
          { name: 'b', address: '10.0.0.2', port: 20_000, weight: 100, state: 'drain', release: 'r1' },
        ],
      },
    ],
    routes: [{ host: 'web.shop.localhost', path: '/', service: 'shop/web' }],
  });
});

it('the canary is the instances of its release, and answers of the two releases are kept apart', () => {
  const canary = { release: 'r2', percent: 10 };
  const picture = pictureOf(
    7,
    [{ ...web, canary }],
    [instance('a'), instance('b', { release: 'r2' }), instance('c', { release: 'r0', state: 'draining' })],
  );
  const [service] = wanted(picture, { ...input, hasCache: true }).services;
  expect(service?.servers.map(({ name, isCanary }) => [name, isCanary])).toEqual([
    ['a', undefined],
    ['b', true],
    ['c', undefined],
  ]);
  expect([service?.canary, service?.cache]).toEqual([
    { ...canary, cache: { version: 'r2' } },
    { version: 'r1' },
  ]);
});

it('the service app-server has the address of its application', () => {
  const picture = pictureOf(7, [{ ...web, service: 'app-server' }], []);
  expect(wanted(picture, input)).toEqual({
    services: [{ id: 'shop/app-server', profile: 'least', servers: [] }],
    routes: [{ host: 'shop.localhost', path: '/', service: 'shop/app-server' }],
  });
});

it('a worker has no address, and an instance whose address is not found no requests', () => {
  const picture = pictureOf(
    7,
    [web, { ...web, service: 'mailer' }],
    [instance('a', { service: 'mailer', port: null }), instance('b', { address: 'lost' })],
  );
  expect(wanted(picture, input)).toMatchObject({
    services: [{ id: 'shop/web', servers: [] }],
    routes: [{ host: 'web.shop.localhost' }],
  });
});

it('requests wait for a service that should run, and not for one that should not; of others nobody has said', () => {
  const services = [
    { ...web, isWanted: true },
    { ...web, service: 'old', isWanted: false },
  ];
  const picture = pictureOf(7, services, [instance('a', { service: 'unknown', state: 'draining' })]);
  expect(wanted(picture, input).services.map(({ id, isAwaited }) => [id, isAwaited])).toEqual([
    ...[['shop/old', false]],
    ...[['shop/unknown', undefined]],
    ...[['shop/web', true]],
  ]);
});

it('answers are kept under the releases that run: a release that drains gives none that stay', () => {
  const versionOf = (...instances: readonly PictureInstance[]) =>
    wanted(pictureOf(7, [web], instances), { ...input, hasCache: true }).services.map(
      ({ cache }) => cache?.version,
    );
  expect(versionOf(instance('a'), instance('b'))).toEqual(['r1']);
  expect(versionOf(instance('a', { release: 'r2' }), instance('b'))).toEqual(['r1+r2']);
  expect(versionOf(instance('a', { release: 'r2' }), instance('b', { state: 'draining' }))).toEqual(['r2']);
});

it('changes bring a picture to the next revision, also when they come again', () => {
  const first = pictureOf(7, [web], [instance('a')]);
  const changes = [
    { kind: 'instance', name: 'a', instance: instance('a', { state: 'stopped' }) },
    { kind: 'instance', name: 'b', instance: instance('b') },
    { kind: 'instance', name: 'c' },
    { kind: 'service', id: 'shop/api', service: { ...web, service: 'api' } },
    { kind: 'service', id: 'shop/web' },
  ] as const;
  const next = changed(first, 9, changes);
  expect(next.revision).toBe(9);
  expect([...next.instances.keys()]).toEqual(['b']);
  expect([...next.services.keys()]).toEqual(['shop/api']);
  expect(changed(next, 9, changes)).toEqual(next);
});

describe('declared routes', () => {
  const routesOfPicture = (...services: readonly PictureService[]) =>
    wantedOf(pictureOf(7, services, []), { ...input, domain: 'example.com' });

  it('stand beside the address of the service, with all that they say', () => {
    const route = { host: 'shop.org', path: '/api', strip: true, headers: { 'X-A': 'b' }, timeoutMs: 5 };
    const { wanted: all, leftOut } = routesOfPicture({
      ...web,
      routes: [route],
      traffic: { balance: 'sticky' },
    });
    expect(leftOut).toEqual([]);
    expect(all.services).toMatchObject([{ profile: 'sticky' }]);
    expect(all.routes).toEqual([
      { host: 'web.shop.example.com', path: '/', service: 'shop/web' },
      { ...route, service: 'shop/web' },
    ]);
  });

  it('one that cannot be carried stopped all others: it is left out and said', () => {
    const bad = [
      { host: 'Shop.org', path: '/' },
      { host: 'shop.org', path: '/a b' },
      { host: 'shop.org', path: '/', headers: { Host: 'x' } },
    ];
    const good = { host: 'shop.org', path: '/', headers: { 'X-A': 'b' } };
    const { wanted: all, leftOut } = routesOfPicture({ ...web, routes: [...bad, good] });
    expect(all.services).toMatchObject([{ profile: 'least' }]);
    expect(all.routes).toEqual([expect.anything(), { ...good, service: 'shop/web' }]);
    expect(leftOut).toHaveLength(3);
    expect(leftOut.join()).toContain('expected a host name in lower case');
  });

  it('take no host of another application, and no route that another service has', () => {
    const taking = (service: string, ...hosts: readonly string[]): PictureService => ({
      ...{ appId: 'shop', service, isWanted: false },
      routes: hosts.map((host) => ({ host, path: '/' })),
    });
    const foreign = ['blog.example.com', 'api.blog.example.com', '*.example.com', 'example.org'];
    const { wanted: all, leftOut } = routesOfPicture(
      taking('api', ...foreign, 'x.shop.example.com'),
      taking('web', 'example.org'),
    );
    expect(all.routes.map(({ host, service }) => `${host} ${service}`)).toEqual([
      'api.shop.example.com shop/api',
      'web.shop.example.com shop/web',
      'example.org shop/api',
      'x.shop.example.com shop/api',
    ]);
    expect(leftOut).toHaveLength(4);
    expect(leftOut.at(-1)).toContain('example.org/ is a route of shop/api');
  });

  it('say more of the own address than it says by itself', () => {
    const own = { host: 'web.shop.example.com', path: '/', timeoutMs: 7 };
    expect(routesOfPicture({ ...web, routes: [own] })).toMatchObject({
      ...{ leftOut: [], wanted: { routes: [{ timeoutMs: 7 }] } },
    });
  });
});

it('how requests are treated goes to the data plane with each of its settings', () => {
  const traffic: TrafficSettings = {
    ...{ protocol: 'h2' as const, cache: true, requestsPerSecond: 5, bodyBytes: 9 },
    ...{ mostInFlight: 3, mostQueued: 4, queueMs: 700, slowStartMs: 0 },
  };
  const picture = pictureOf(7, [{ ...web, traffic }], [instance('a')]);
  expect(wanted(picture, input).services).toMatchObject([
    {
      ...{ profile: 'h2', cache: { version: 'r1' }, limits: { requestsPerSecond: 5, bodyBytes: 9 } },
      bounds: { inFlight: 3, queued: 4, queueMs: 700 },
      balancing: { slowStartMs: 0 },
    },
  ]);
  const plain = wanted(pictureOf(7, [web], []), { ...input, hasCache: false }).services[0];
  expect(plain).toEqual({ id: 'shop/web', profile: 'least', servers: [] });
});
