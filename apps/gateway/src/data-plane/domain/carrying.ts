import { optionsOf, type Rules, rulesOf } from './options.js';
import { grown, isSamePools, type Need, type Pools } from './pools.js';
import type { CarriedNames } from './request-figures.js';
import { headerNamesOf } from './route-target.js';
import { ownerOf, type Side, sidesOf } from './sides.js';
import {
  type Profile,
  profiles,
  type Wanted,
  type WantedBounds,
  type WantedRoute,
  type WantedServer,
} from './wanted.js';

/** A place for a server in a backend, from 1 on. */
export type Slot =
  | { readonly kind: 'taken'; readonly server: WantedServer }
  /** Its server is wanted no more, but may have requests in flight: nobody else gets the slot until they have ended. */
  | { readonly kind: 'leaving'; readonly server: WantedServer };

/** A backend of HAProxy that is in use. Slots that it does not name are empty. */
export interface Backend {
  readonly profile: Profile;
  /** Of its pool, from 1 on. */
  readonly number: number;
  /** Whose it is; undefined where its service has gone, and servers are leaving still. */
  readonly service?: string;
  /** It is the canary's: its share of the requests of the service. */
  readonly percent?: number;
  /** Of its service, where that has its own. */
  readonly bounds?: WantedBounds;
  readonly retries?: boolean;
  readonly slots: ReadonlyMap<number, Slot>;
  /** As `optionsOf` gives them. */
  readonly options: string;
  /** Where none of its servers can be reached, requests wait, or are refused at once; undefined where nobody has said. */
  readonly isAwaited?: boolean;
}

/**
 * What HAProxy carries: a backend for each service that has servers or is waited for, a slot for each server, and the
 * routes.
 */
export interface Carrying {
  readonly pools: Pools;
  /** Once there, they stay: that a service stops needing them is worth no reload. */
  readonly rules: ReadonlySet<Rules>;
  /** By their names. */
  readonly backends: ReadonlyMap<string, Backend>;
  readonly routes: readonly WantedRoute[];
  /** Names of request headers that routes can set, in lower case: HAProxy fixes them in its configuration. */
  readonly headers: readonly string[];
  /** The services without a backend: their routes lead to a clear refusal. */
  readonly empty: ReadonlySet<string>;
}

export interface Place {
  readonly backend: string;
  readonly slot: number;
}

export const carryingNothing = (pools: Pools): Carrying => ({
  ...{
    pools,
    rules: new Set<Rules>(),
    backends: new Map(),
    routes: [],
    headers: [],
    empty: new Set<string>(),
  },
});

export const backendName = (profile: Profile, number: number): string => `${profile}-${number}`;

/** Of a backend's name. */
export const profileOf = (backend: string): string => backend.split('-', 1)[0] ?? '';

/**
 * Carries what is wanted, and changes as little as it can: a service keeps its backend as long as it has servers and its
 * profile, and a server keeps its slot. A backend, and a slot, is given to another only once nothing leaves it any more.
 * Where a pool is too small, the pools of the result are larger; where a header's name is new, so are its headers.
 */
export function assign(before: Carrying, wanted: Wanted): Carrying {
  const served = wanted.services.flatMap(sidesOf).filter(isServed);
  const empty = wanted.services.filter((one) => !isServed(one));
  const kept = leaveUnwanted(before, served);
  const owned = ownersOf(kept);
  const pools = grown(before.pools, needsOf(kept, owned, served));
  const free = freeNames(kept);
  const backends = new Map(kept);
  for (const service of served) {
    const number = kept.get(owned.get(service.owner) ?? '')?.number ?? free(service.profile);
    const name = backendName(service.profile, number);
    backends.set(name, withServers(kept.get(name)?.slots, number, service));
  }
  const rules = new Set([...before.rules, ...rulesOf(served, wanted.routes)]);
  const headers = headersFor(before.headers, wanted.routes);
  return {
    ...{ pools, rules, backends, headers, routes: wanted.routes },
    empty: new Set(empty.map(({ id }) => id)),
  };
}

/** It has a backend: for its servers, or for those who wait for one. */
const isServed = ({ servers, isAwaited = false }: Pick<Side, 'servers' | 'isAwaited'>): boolean =>
  servers.length > 0 || isAwaited;

/** Names that nobody needs any more stay until there is a reload anyway. */
function headersFor(before: readonly string[], routes: readonly WantedRoute[]): readonly string[] {
  const needed = headerNamesOf(routes);
  return needed.every((name) => before.includes(name)) ? before : needed;
}

/** Whether one can become the other while HAProxy runs. */
export const isSameConfiguration = (a: Carrying, b: Carrying): boolean =>
  isSamePools(a.pools, b.pools) && a.rules.size === b.rules.size && a.headers.join() === b.headers.join();

/** Gives the places back whose servers have gone. */
export function withGone(carrying: Carrying, gone: readonly Place[]): Carrying {
  const backends = new Map(carrying.backends);
  for (const { backend: name, slot } of gone) {
    const backend = backends.get(name);
    if (backend?.slots.get(slot)?.kind !== 'leaving') continue;
    const slots = new Map(backend.slots);
    slots.delete(slot);
    if (slots.size === 0 && backend.service === undefined) backends.delete(name);
    else backends.set(name, { ...backend, slots });
  }
  return { ...carrying, backends };
}

/** The places whose servers may have requests in flight still. */
export const leavingOf = ({ backends }: Carrying): readonly Place[] =>
  [...backends].flatMap(([backend, { slots }]) =>
    [...slots].filter(([, { kind }]) => kind === 'leaving').map(([slot]) => ({ backend, slot })),
  );

/** Where each server is, by its name. */
export function placesOf({ backends }: Carrying): ReadonlyMap<string, Place> {
  const found = new Map<string, Place>();
  for (const [backend, { slots }] of backends)
    for (const [slot, { kind, server }] of slots)
      if (kind === 'taken') found.set(server.name, { backend, slot });
  return found;
}

/** All places of each server, also those that it is leaving. */
export function everyPlaceOf({ backends }: Carrying): ReadonlyMap<string, readonly Place[]> {
  const found = new Map<string, Place[]>();
  for (const [backend, { slots }] of backends)
    for (const [slot, { server }] of slots)
      found.set(server.name, [...(found.get(server.name) ?? []), { backend, slot }]);
  return found;
}

/** The services that have a backend, and the instances that have a place, also those that are leaving. */
export function namesOf({ backends }: Carrying): CarriedNames {
  const services = new Set<string>();
  const instances = new Map<string, string>();
  for (const { service, slots } of backends.values()) {
    if (service === undefined) continue;
    services.add(service);
    for (const { server } of slots.values()) instances.set(server.name, service);
  }
  return { services, instances };
}

/** The backend of each service that has servers, and of each canary, by `ownerOf`. */
export const backendsByOwner = ({ backends }: Carrying): ReadonlyMap<string, string> => ownersOf(backends);

type Backends = ReadonlyMap<string, Backend>;

const ownersOf = (backends: Backends): ReadonlyMap<string, string> =>
  new Map(
    [...backends].flatMap(([name, { service, percent }]) =>
      service === undefined ? [] : [[ownerOf(service, percent !== undefined), name] as const],
    ),
  );

/** Without the servers and services that are wanted no more: what they had is leaving. */
function leaveUnwanted({ backends }: Carrying, served: readonly Side[]): Backends {
  const byOwner = new Map(served.map((side) => [side.owner, side]));
  return new Map(
    [...backends].flatMap(([name, backend]) => {
      const service = byOwner.get(ownerOf(backend.service ?? '', backend.percent !== undefined));
      const isOwn = service !== undefined && service.profile === backend.profile;
      const { profile, number } = backend;
      const slots = leaveSlots(backend.slots, isOwn ? service.servers : []);
      if (isOwn) return [[name, { ...backend, slots }] as const];
      return slots.size === 0 ? [] : [[name, { profile, number, options: '', slots }] as const];
    }),
  );
}

function leaveSlots(
  slots: ReadonlyMap<number, Slot>,
  servers: readonly WantedServer[],
): ReadonlyMap<number, Slot> {
  const wanted = new Map(servers.map((server) => [server.name, server]));
  return new Map(
    [...slots].map(([number, slot]) => [number, stays(slot, wanted) ? slot : { ...slot, kind: 'leaving' }]),
  );
}

/** A server that is wanted at another address gets another slot, since its requests in flight are at the first one. */
function stays({ kind, server }: Slot, wanted: ReadonlyMap<string, WantedServer>): boolean {
  const now = wanted.get(server.name);
  return kind === 'taken' && now?.address === server.address && now.port === server.port;
}

function needsOf(
  kept: Backends,
  owned: ReadonlyMap<string, string>,
  served: readonly Side[],
): Readonly<Record<Profile, Need>> {
  const entries = profiles.map((profile) => {
    const services = served.filter((service) => service.profile === profile);
    const unowned = [...kept.values()].filter((one) => one.profile === profile && one.service === undefined);
    const servers = services.map(
      ({ owner, servers: wanted }) => wanted.length + leavingIn(kept.get(owned.get(owner) ?? '')),
    );
    return [
      profile,
      { backends: services.length + unowned.length, servers: servers.reduce((a, b) => Math.max(a, b), 0) },
    ];
  });
  return Object.fromEntries(entries) as Record<Profile, Need>;
}

const leavingIn = (backend: Backend | undefined): number =>
  [...(backend?.slots.values() ?? [])].filter(({ kind }) => kind === 'leaving').length;

/** The lowest number of a profile that no backend has, another one at each call. */
function freeNames(backends: Backends): (profile: Profile) => number {
  const last = new Map<Profile, number>();
  return (profile) => {
    let number = (last.get(profile) ?? 0) + 1;
    while (backends.has(backendName(profile, number))) number += 1;
    last.set(profile, number);
    return number;
  };
}

function withServers(
  before: ReadonlyMap<number, Slot> | undefined,
  number: number,
  { id, profile, servers, isAwaited, bounds, retries, percent, ...rest }: Side,
): Backend {
  const slots = new Map(before);
  const places = new Map(
    [...slots].flatMap(([slot, { kind, server }]) =>
      kind === 'taken' ? [[server.name, slot] as const] : [],
    ),
  );
  for (const server of servers)
    slots.set(places.get(server.name) ?? firstEmpty(slots), { kind: 'taken', server });
  return {
    ...{ profile, number, service: id, slots, options: optionsOf(rest) },
    ...(isAwaited !== undefined && { isAwaited }),
    ...(percent !== undefined && { percent }),
    ...(bounds && { bounds }),
    ...(retries === false && { retries }),
  };
}

function firstEmpty(slots: ReadonlyMap<number, Slot>): number {
  let slot = 1;
  while (slots.has(slot)) slot += 1;
  return slot;
}
