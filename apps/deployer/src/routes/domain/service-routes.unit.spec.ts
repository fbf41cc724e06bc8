import { describe, expect, it } from 'vitest';
import type { ServiceRoute } from '#libs/contracts';
import {
  begun,
  type Declared,
  ended,
  placesOf,
  type ServiceRoutes,
  set,
  takenBack,
} from './service-routes.js';

const route = (host: string, more: Partial<ServiceRoute> = {}): ServiceRoute => ({
  host,
  path: '/',
  ...more,
});
const [a, b, c] = [route('a.org'), route('b.org'), route('c.org')];
const declares = (...routes: readonly ServiceRoute[]): Declared => ({ routes, traffic: {} });

function deployed(now: ServiceRoutes | undefined, what: Declared, token = 't'): ServiceRoutes {
  return ended(begun(now, what, token), token, 'after') as ServiceRoutes;
}
const hostsOf = ({ routes }: Pick<ServiceRoutes, 'routes'>): readonly string[] =>
  routes.map(({ host }) => host);
const claimedBy = (routes: ServiceRoutes): readonly string[] => placesOf(routes).map(({ host }) => host);

describe('a deployment', () => {
  it('begins with what it adds; what it takes away is gone once it has succeeded', () => {
    const first = deployed(undefined, declares(a, b));
    expect(first).toMatchObject({ revision: 1, routes: [a, b], declared: [a, b], setBy: 'config.json' });
    const changed = { ...a, timeoutMs: 5 };
    const underWay = begun(first, declares(changed, c), 't2');
    expect(underWay.routes).toEqual([a, b, c]);
    expect(ended(underWay, 't2', 'after')).toEqual({
      ...{ revision: 3, routes: [changed, c], declared: [changed, c], setBy: 'config.json', traffic: {} },
    });
  });

  it('that fails leaves what was, and no more claims', () => {
    const first = deployed(undefined, declares(a));
    const underWay = begun(first, { routes: [b], traffic: { balance: 'sticky' } }, 't2');
    expect(claimedBy(underWay)).toEqual(['a.org', 'b.org']);
    const after = ended(underWay, 't2', 'before');
    expect(after).toEqual({ ...first, revision: 3 });
  });

  it('begun again by a take-over is the same, and one that is not under way ends nothing', () => {
    const once = begun(deployed(undefined, declares(a)), declares(b), 't2');
    expect(begun(once, declares(b), 't2')).toEqual(once);
    expect(ended(once, 'other', 'after')).toBeUndefined();
    expect(ended(undefined, 't2', 'after')).toBeUndefined();
  });

  it('that changes nothing publishes nothing', () => {
    const first = deployed(undefined, declares(a, b));
    expect(deployed(first, declares(b, a), 't2').revision).toBe(first.revision);
  });

  it('takes the balance over that it declares', () => {
    const sticky = { routes: [a], traffic: { balance: 'sticky' } } as const;
    expect(deployed(deployed(undefined, declares(a)), sticky, 't2')).toMatchObject({
      revision: 2,
      ...sticky,
    });
  });
});

describe('what the API set', () => {
  it('stays while config.json declares what it declared last, and goes when that changes', () => {
    const given = set(deployed(undefined, declares(a)), [b]);
    expect(given).toMatchObject({ routes: [b], declared: [a], setBy: 'api' });
    const again = deployed(given, declares(a), 't2');
    expect(again).toMatchObject({ revision: given.revision, routes: [b], setBy: 'api' });
    expect(deployed(again, declares(c), 't3')).toMatchObject({ routes: [c], setBy: 'config.json' });
  });

  it('is taken back: what was declared last counts', () => {
    const given = set(deployed(undefined, declares(a)), []);
    expect(takenBack(given)).toMatchObject({ routes: [a], setBy: 'config.json' });
    expect(takenBack(undefined)).toMatchObject({ routes: [], revision: 0 });
  });

  it('during a deployment stays, however that ends', () => {
    const underWay = begun(deployed(undefined, declares(a)), declares(b), 't2');
    const given = set(underWay, [c]);
    expect(hostsOf(given)).toEqual(['c.org']);
    expect(claimedBy(given)).toEqual(['c.org']);
    expect(ended(given, 't2', 'after')).toMatchObject({ routes: [c], declared: [b], setBy: 'api' });
    expect(ended(given, 't2', 'before')).toMatchObject({ routes: [c], declared: [a], setBy: 'api' });
  });

  it('taken back during a deployment leaves what that declares, and what was declared before', () => {
    const given = set(deployed(undefined, declares(a)), [c]);
    const back = takenBack(begun(given, declares(b), 't2'));
    expect(hostsOf(back)).toEqual(['a.org', 'b.org']);
    expect(ended(back, 't2', 'after')).toMatchObject({ routes: [b], setBy: 'config.json' });
    expect(ended(back, 't2', 'before')).toMatchObject({ routes: [a], setBy: 'config.json' });
  });
});
