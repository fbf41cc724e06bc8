import { backendsByService, type Carrying, type Place } from './carrying.js';
import { targetOf } from './route-target.js';
import { keyOf, type WantedServer } from './wanted.js';

/** Where a route leads whose service has no server at all. */
export const NO_SERVER = 'no-server';

/** A change of what HAProxy carries while it runs. */
export type Operation =
  /** Into an empty slot: it gets requests from now on, if it is ready. */
  | { readonly kind: 'place'; readonly at: Place; readonly server: WantedServer }
  | { readonly kind: 'weigh'; readonly at: Place; readonly weight: number }
  /** No new requests, or again. */
  | { readonly kind: 'switch'; readonly at: Place; readonly to: WantedServer['state'] }
  | { readonly kind: 'add-route'; readonly key: string; readonly target: string }
  | { readonly kind: 'set-route'; readonly key: string; readonly target: string }
  | { readonly kind: 'remove-route'; readonly key: string };

/**
 * What brings HAProxy from one state to another with the same pools and headers, in an order in which no request meets a gap: servers
 * that are new serve before routes lead to them, and before others leave.
 */
export function operations(before: Carrying, after: Carrying): readonly Operation[] {
  const servers = serverOperations(before, after);
  return [
    ...servers.filter(({ kind }) => kind === 'place' || kind === 'weigh'),
    ...servers.filter((one) => one.kind === 'switch' && one.to === 'ready'),
    ...routeOperations(routeTable(before), routeTable(after)),
    ...servers.filter((one) => one.kind === 'switch' && one.to === 'drain'),
  ];
}

/** Each route's key, and the target that it leads to. */
export function routeTable(carrying: Carrying): ReadonlyMap<string, string> {
  const backends = backendsByService(carrying);
  return new Map(
    carrying.routes.map((route) => [
      keyOf(route),
      targetOf(backends.get(route.service) ?? NO_SERVER, route, carrying.headers),
    ]),
  );
}

function serverOperations(before: Carrying, after: Carrying): readonly Operation[] {
  const found: Operation[] = [];
  for (const [backend, { slots }] of after.backends) {
    const known = before.backends.get(backend)?.slots;
    for (const [slot, { kind, server }] of slots) {
      const at = { backend, slot };
      const old = known?.get(slot);
      if (old === undefined) {
        found.push({ kind: 'place', at, server });
        continue;
      }
      if (kind === 'taken' && old.server.weight !== server.weight)
        found.push({ kind: 'weigh', at, weight: server.weight });
      const [from, to] = [stateIn(old), stateIn({ kind, server })];
      if (from !== to) found.push({ kind: 'switch', at, to });
    }
  }
  return found;
}

const stateIn = (slot: {
  readonly kind: 'taken' | 'leaving';
  readonly server: WantedServer;
}): WantedServer['state'] => (slot.kind === 'leaving' ? 'drain' : slot.server.state);

function routeOperations(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly Operation[] {
  const changed = [...after].flatMap(([key, target]): Operation[] => {
    if (!before.has(key)) return [{ kind: 'add-route', key, target }];
    return before.get(key) === target ? [] : [{ kind: 'set-route', key, target }];
  });
  const gone = [...before.keys()].filter((key) => !after.has(key));
  return [...changed, ...gone.map((key): Operation => ({ kind: 'remove-route', key }))];
}
