import { type Backend, backendsByService, type Carrying, type Place } from './carrying.js';
import { betweenOf } from './options.js';
import { keyOf, type WantedServer } from './wanted.js';

/** Where a route leads whose service has no server that is ready, and is not waited for either. */
export const NO_SERVER = 'no-server';

/** A change of what HAProxy carries while it runs. */
export type Operation =
  /** Into an empty slot: it gets requests from now on, if it is ready. */
  | { readonly kind: 'place'; readonly at: Place; readonly server: WantedServer }
  | { readonly kind: 'weigh'; readonly at: Place; readonly weight: number }
  /** No new requests, or again. */
  | { readonly kind: 'switch'; readonly at: Place; readonly to: WantedServer['state'] }
  | { readonly kind: 'add-route'; readonly key: string; readonly backend: string }
  | { readonly kind: 'set-route'; readonly key: string; readonly backend: string }
  | { readonly kind: 'remove-route'; readonly key: string }
  /** What requests of a backend get besides a server. */
  | { readonly kind: 'add-options' | 'set-options'; readonly backend: string; readonly options: string }
  | { readonly kind: 'remove-options'; readonly backend: string };

/**
 * What brings HAProxy from one state to another with the same pools, in an order in which no request meets a gap: servers
 * that are new serve before routes lead to them, and before others leave.
 */
export function operations(before: Carrying, after: Carrying): readonly Operation[] {
  const servers = serverOperations(before, after);
  const options = optionOperations(optionTable(before), optionTable(after));
  return [
    ...options.first,
    ...servers.filter(({ kind }) => kind === 'place' || kind === 'weigh'),
    ...servers.filter((one) => one.kind === 'switch' && one.to === 'ready'),
    ...routeOperations(routeTable(before), routeTable(after)),
    ...servers.filter((one) => one.kind === 'switch' && one.to === 'drain'),
    ...options.last,
  ];
}

/** The options of each backend that has some. */
export const optionTable = ({ backends }: Carrying): ReadonlyMap<string, string> =>
  new Map([...backends].flatMap(([name, { options }]) => (options === '' ? [] : [[name, options] as const])));

/** Those that are new are there before routes lead to them; a version of the cache changes after its servers have. */
function optionOperations(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): { readonly first: readonly Operation[]; readonly last: readonly Operation[] } {
  const first: Operation[] = [];
  const last: Operation[] = [];
  for (const [backend, options] of after) {
    const old = before.get(backend);
    if (old === undefined) first.push({ kind: 'add-options', backend, options });
    else if (old !== options) {
      const between = betweenOf(old, options);
      if (between !== undefined) first.push({ kind: 'set-options', backend, options: between });
      last.push({ kind: 'set-options', backend, options });
    }
  }
  for (const backend of before.keys())
    if (!after.has(backend)) last.push({ kind: 'remove-options', backend });
  return { first, last };
}

/** Each route's key, and the backend that it leads to. */
export function routeTable(carrying: Carrying): ReadonlyMap<string, string> {
  const backends = backendsByService(carrying);
  const leadsTo = (service: string): string => {
    const name = backends.get(service);
    const backend = carrying.backends.get(name ?? '');
    return name !== undefined && backend !== undefined && takesRequests(backend) ? name : NO_SERVER;
  };
  return new Map(carrying.routes.map((route) => [keyOf(route), leadsTo(route.service)]));
}

const takesRequests = ({ isAwaited, slots }: Backend): boolean =>
  isAwaited || [...slots.values()].some(({ kind, server }) => kind === 'taken' && server.state === 'ready');

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
  const changed = [...after].flatMap(([key, backend]): Operation[] => {
    if (!before.has(key)) return [{ kind: 'add-route', key, backend }];
    return before.get(key) === backend ? [] : [{ kind: 'set-route', key, backend }];
  });
  const gone = [...before.keys()].filter((key) => !after.has(key));
  return [...changed, ...gone.map((key): Operation => ({ kind: 'remove-route', key }))];
}
