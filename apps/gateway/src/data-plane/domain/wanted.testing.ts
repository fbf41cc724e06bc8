import type { Carrying, Place } from './carrying.js';
import { type Operation, NO_SERVER, routeTable } from './operations.js';
import { backendOf } from './route-target.js';
import type { Profile, Wanted, WantedServer } from './wanted.js';
import { keyOf } from './wanted.js';

/** A server by its number. */
export const server = (number: number, more: Partial<WantedServer> = {}): WantedServer => ({
  ...{ name: `i${number}`, address: `10.0.0.${number}`, port: 8_000 + number, weight: 100, state: 'ready' },
  ...more,
});

/** Services by their names, each with its servers, all with a host of their own. */
export const wantedOf = (
  services: Readonly<Record<string, readonly WantedServer[]>>,
  profile: Profile = 'least',
): Wanted => ({
  services: Object.entries(services).map(([id, servers]) => ({ id, profile, servers })),
  routes: Object.keys(services).map((id) => ({ host: `${id}.localhost`, path: '/', service: id })),
});

/** What requests of each route meet: the servers that are ready, each with its weight. */
export type Met = Readonly<Record<string, readonly string[]>>;

const shown = ({ address, port, weight }: WantedServer): string => `${address}:${port} x${weight}`;

export function metByWanted({ services, routes }: Wanted): Met {
  const ready = new Map(
    services.map(({ id, servers }) => [id, servers.filter(({ state }) => state === 'ready').map(shown)]),
  );
  return Object.fromEntries(
    routes.map((route) => [keyOf(route), (ready.get(route.service) ?? []).toSorted()]),
  );
}

const placeName = ({ backend, slot }: Place): string => `${backend}/${slot}`;

/** What a HAProxy does that starts with one state and is given operations. */
export class Carried {
  private readonly slots = new Map<string, WantedServer>();
  private readonly routes: Map<string, string>;

  constructor({ backends, ...rest }: Carrying) {
    for (const [backend, { slots }] of backends)
      for (const [slot, { kind, server: held }] of slots)
        this.slots.set(placeName({ backend, slot }), kind === 'taken' ? held : { ...held, state: 'drain' });
    this.routes = new Map(routeTable({ backends, ...rest }));
  }

  take(operation: Operation): void {
    switch (operation.kind) {
      case 'place':
        this.slots.set(placeName(operation.at), operation.server);
        return;
      case 'weigh':
        return this.set(operation.at, { weight: operation.weight });
      case 'bound':
        return this.set(operation.at, { mostInFlight: operation.mostInFlight });
      case 'switch':
        return this.set(operation.at, { state: operation.to });
      case 'add-route':
        if (this.routes.has(operation.key)) throw new Error(`${operation.key} is there`);
        this.routes.set(operation.key, operation.target);
        return;
      case 'set-route':
        if (!this.routes.has(operation.key)) throw new Error(`${operation.key} is not there`);
        this.routes.set(operation.key, operation.target);
        return;
      case 'remove-route':
        if (!this.routes.delete(operation.key)) throw new Error(`${operation.key} is not there`);
        return;
      case 'mark':
        return;
    }
  }

  get met(): Met {
    return Object.fromEntries(
      [...this.routes].map(([key, target]) => [
        key,
        backendOf(target) === NO_SERVER ? [] : this.readyIn(backendOf(target)),
      ]),
    );
  }

  private readyIn(backend: string): readonly string[] {
    return [...this.slots]
      .filter(([place, { state }]) => place.startsWith(`${backend}/`) && state === 'ready')
      .map(([, held]) => shown(held))
      .toSorted();
  }

  private set(at: Place, change: Partial<WantedServer>): void {
    const held = this.slots.get(placeName(at));
    if (held === undefined) throw new Error(`${placeName(at)} is empty`);
    this.slots.set(placeName(at), { ...held, ...change });
  }
}
