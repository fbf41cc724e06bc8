import { describe, expect, it } from 'vitest';
import type { RegistryInstance, WatchChange } from '#libs/contracts';
import { isWatched, type WatchFilter, watchedSnapshot } from './watched.js';

const reportedAt = '2026-01-01T00:00:00.000Z';
const instance = (appId: string, service: string, node: string): RegistryInstance => ({
  ...{ instance: `${appId}-${service}-0`, state: 'running', appId, service, node, release: 'r1', reportedAt },
});
const instances = [instance('shop', 'web', 'a'), instance('shop', 'jobs', 'b'), instance('blog', 'web', 'b')];
const services = instances.map(({ appId, service }) => ({ appId, service, running: 1, reportedAt }));
const nodes = ['a', 'b'].map((name) => ({ name, state: 'ready', address: name }));
const everything: readonly WatchChange[] = [
  ...nodes.map((node) => ({ revision: 1, kind: 'node' as const, name: node.name, node })),
  ...services.map((service) => ({
    ...{ revision: 2, kind: 'service' as const, name: `${service.appId}/${service.service}`, service },
  })),
  ...instances.map((one) => ({ revision: 3, kind: 'instance' as const, name: one.instance, instance: one })),
];

describe.each<[what: string, filter: WatchFilter, wanted: readonly string[]]>([
  ['nothing', {}, ['a', 'b', 'shop/web', 'shop/jobs', 'blog/web', 'shop-web-0', 'shop-jobs-0', 'blog-web-0']],
  ['an application', { appId: 'shop' }, ['shop/web', 'shop/jobs', 'shop-web-0', 'shop-jobs-0']],
  ['a service', { appId: 'shop', service: 'web' }, ['shop/web', 'shop-web-0']],
  ['a service of any application', { service: 'web' }, ['shop/web', 'blog/web', 'shop-web-0', 'blog-web-0']],
  ['a node', { node: 'b' }, ['b', 'shop-jobs-0', 'blog-web-0']],
  ['a kind', { kind: 'service' }, ['shop/web', 'shop/jobs', 'blog/web']],
  ['a kind on a node', { kind: 'instance', node: 'a' }, ['shop-web-0']],
  ['a kind that has none of it', { kind: 'node', appId: 'shop' }, []],
])('a filter that names %s', (_, filter, wanted) => {
  it('lets the changes of that pass', () => {
    const passed = everything.filter((change) => isWatched(change, filter));
    expect(passed.map(({ name }) => name)).toEqual(wanted);
  });

  it('lets the same of a snapshot pass', () => {
    const of = watchedSnapshot({ revision: 7, nodes, services, instances }, filter);
    expect([
      ...of.nodes.map(({ name }) => name),
      ...of.services.map(({ appId, service }) => `${appId}/${service}`),
      ...of.instances.map((one) => one.instance),
    ]).toEqual(wanted);
    expect(of.revision).toBe(7);
  });
});

it.each<[WatchFilter, boolean]>([
  [{}, true],
  [{ appId: 'shop', service: 'web', node: 'a' }, true],
  [{ kind: 'instance' }, true],
  [{ kind: 'service' }, false],
])('the removal of an instance, of which only the name is known, passes %j: %s', (filter, passes) => {
  expect(isWatched({ revision: 1, kind: 'instance', name: 'shop-web-0' }, filter)).toBe(passes);
});
