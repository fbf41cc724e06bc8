import { expect, it } from 'vitest';
import { changed, type PictureInstance, pictureOf } from './picture.js';
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
const web = { appId: 'shop', service: 'web', isWanted: false };

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
  expect(wantedOf(picture, input)).toEqual({
    services: [
      {
        ...{ id: 'shop/web', profile: 'least' },
        servers: [
          { name: 'a', address: '10.0.0.1', port: 20_000, weight: 100, state: 'ready' },
          { name: 'b', address: '10.0.0.2', port: 20_000, weight: 100, state: 'drain' },
        ],
      },
    ],
    routes: [{ host: 'web.shop.localhost', path: '/', service: 'shop/web' }],
  });
});

it('the service app-server has the address of its application', () => {
  const picture = pictureOf(7, [{ ...web, service: 'app-server' }], []);
  expect(wantedOf(picture, input)).toEqual({
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
  expect(wantedOf(picture, input)).toMatchObject({
    services: [{ id: 'shop/web', servers: [] }],
    routes: [{ host: 'web.shop.localhost' }],
  });
});

it('requests wait for a service that should run, and are refused where it should not, or nobody has said', () => {
  const services = [
    { ...web, isWanted: true },
    { ...web, service: 'old' },
  ];
  const picture = pictureOf(7, services, [instance('a', { service: 'unknown', state: 'draining' })]);
  expect(wantedOf(picture, input).services.map(({ id, isAwaited }) => [id, isAwaited])).toEqual([
    ...[['shop/old', undefined]],
    ...[['shop/unknown', undefined]],
    ...[['shop/web', true]],
  ]);
});

it('answers are kept under the releases that run: a release that drains gives none that stay', () => {
  const versionOf = (...instances: readonly PictureInstance[]) =>
    wantedOf(pictureOf(7, [web], instances), { ...input, hasCache: true }).services.map(
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
