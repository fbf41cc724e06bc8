import { backendsByOwner, type Carrying, type Place } from './carrying.js';
import { betweenOf } from './options.js';
import { targetOf } from './route-target.js';
import { ownerOf } from './sides.js';
import { hasReady, partnersOf, splitTable } from './splits.js';
import { keyOf, type WantedServer } from './wanted.js';

/** Where a route leads whose service has no server that is ready, and is not waited for either. */
export const NO_SERVER = 'no-server';

/** A change of what HAProxy carries while it runs. */
export type Operation =
  /** Into an empty slot: it gets requests from now on, if it is ready. */
  | { readonly kind: 'place'; readonly at: Place; readonly server: WantedServer }
  | { readonly kind: 'weigh'; readonly at: Place; readonly weight: number }
  /** So many requests in flight at most; 0 is without a bound. */
  | { readonly kind: 'bound'; readonly at: Place; readonly mostInFlight: number }
  /** No new requests, or again. */
  | { readonly kind: 'switch'; readonly at: Place; readonly to: WantedServer['state'] }
  | { readonly kind: 'add-route'; readonly key: string; readonly target: string }
  | { readonly kind: 'set-route'; readonly key: string; readonly target: string }
  | { readonly kind: 'remove-route'; readonly key: string }
  /** What requests of a backend get besides a server. */
  | { readonly kind: 'add-options' | 'set-options'; readonly backend: string; readonly options: string }
  | { readonly kind: 'remove-options'; readonly backend: string }
  /** A backend is another one than most; undefined is what the gateway is configured with. */
  | {
      readonly kind: 'mark';
      readonly mark: Mark;
      readonly backend: string;
      readonly value: string | undefined;
      /** It has a value already, and no request is to meet none. */
      readonly isThere?: true;
    };

/**
 * What a map says of backends: how many requests may wait there at most, where none is sent twice, and which part of the
 * requests goes to another backend.
 */
export type Mark = 'queues' | 'no-retries' | 'splits';
export const marks = ['queues', 'no-retries', 'splits'] as const satisfies readonly Mark[];

/**
 * What brings HAProxy from one state to another with the same pools and headers. No request meets a gap: servers that are
 * new serve before routes and splits lead to them, and before others leave.
 */
export function operations(before: Carrying, after: Carrying): readonly Operation[] {
  const servers = serverOperations(before, after);
  const options = optionOperations(optionTable(before), optionTable(after));
  const marked = markOperations(before, after);
  return [
    ...marked.filter(({ mark }) => mark !== 'splits'),
    ...options.first,
    ...servers.filter(({ kind }) => kind === 'place' || kind === 'weigh' || kind === 'bound'),
    ...servers.filter((one) => one.kind === 'switch' && one.to === 'ready'),
    ...routeOperations(routeTable(before), routeTable(after)),
    ...marked.filter(({ mark }) => mark === 'splits'),
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

/** Each route's key, and the target that it leads to: any server of the service is better than none. */
export function routeTable(carrying: Carrying): ReadonlyMap<string, string> {
  const { backends, routes, headers } = carrying;
  const names = backendsByOwner(carrying);
  const leadsTo = (service: string): string => {
    const [main = '', canary = ''] = [false, true].map((isCanary) => names.get(ownerOf(service, isCanary)));
    const ready = [main, canary].find((name) => hasReady(backends.get(name)));
    return ready ?? (backends.get(main)?.isAwaited === true ? main : NO_SERVER);
  };
  return new Map(routes.map((route) => [keyOf(route), targetOf(leadsTo(route.service), route, headers)]));
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
      if (kind === 'taken' && boundOf(old.server) !== boundOf(server))
        found.push({ kind: 'bound', at, mostInFlight: boundOf(server) });
      const [from, to] = [stateIn(old), stateIn({ kind, server })];
      if (from !== to) found.push({ kind: 'switch', at, to });
    }
  }
  return found;
}

const boundOf = ({ mostInFlight = 0 }: WantedServer): number => mostInFlight;

/** The backends that a map names, each with its value. */
export function markTable(carrying: Carrying, mark: Mark): ReadonlyMap<string, string> {
  if (mark === 'splits') return splitTable(carrying);
  return new Map(
    [...carrying.backends].flatMap(([name, { bounds, retries }]) => {
      const value = {
        queues: bounds?.queued?.toString(),
        'no-retries': retries === false ? 'yes' : undefined,
      };
      return value[mark] === undefined ? [] : [[name, value[mark]] as const];
    }),
  );
}

type Marking = Extract<Operation, { readonly kind: 'mark' }>;

function markOperations(before: Carrying, after: Carrying): readonly Marking[] {
  return marks.flatMap((mark) => {
    const [old, now] = [markTable(before, mark), markTable(after, mark)];
    return [...new Set([...old.keys(), ...now.keys()])]
      .filter((backend) => old.get(backend) !== now.get(backend))
      .map((backend): Marking => {
        const isThere = mark === 'splits' && old.has(backend) && now.has(backend);
        return { kind: 'mark', mark, backend, value: now.get(backend), ...(isThere && { isThere }) };
      });
  });
}

/** Whether a side of a split may have lost its last server, or has one again: routes and splits say so. */
export const changesSplits = (todo: readonly Operation[], before: Carrying, after: Carrying): boolean =>
  todo.some(({ kind }) => kind === 'switch') && partnersOf(before).size + partnersOf(after).size > 0;

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
