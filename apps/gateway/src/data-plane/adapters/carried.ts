import {
  backendsByOwner,
  type Carrying,
  leavingOf,
  namesOf,
  type Place,
  placesOf,
  withGone,
} from '../domain/carrying.js';
import type { CarriedNames } from '../domain/request-figures.js';
import { ownerOf } from '../domain/sides.js';

/** Who answered a request, as far as it is known. */
export interface ServerAt {
  readonly service?: string;
  readonly instance?: string;
  readonly release?: string;
}

/** What HAProxy carries, and what it carried last where that is not known for certain. */
export class Carried {
  /** Of what is carried: looked up at each steering. */
  places: ReadonlyMap<string, Place> = new Map();
  private now: Carrying | undefined;
  private last: Carrying | undefined;
  private next: Carrying | undefined;
  private owned: { readonly of: Carrying; readonly backends: ReadonlyMap<string, string> } | undefined;

  /** Undefined where it is not known for certain. */
  get current(): Carrying | undefined {
    return this.now;
  }

  /** It is brought there now: requests may come by it at once. */
  comes(next: Carrying): void {
    this.next = next;
  }

  becomes(carrying: Carrying): void {
    this.replacedBy(carrying);
    this.places = placesOf(carrying);
  }

  /** With the same servers in the same places. */
  replacedBy(carrying: Carrying): void {
    this.now = this.last = carrying;
    this.next = undefined;
  }

  isUnknown(): void {
    this.now = undefined;
  }

  /** Gives places back: `findGone` says which of those that servers are leaving have no request in flight. */
  async takeBack(findGone: (leaving: readonly Place[]) => Promise<readonly Place[]>): Promise<void> {
    if (this.now === undefined) return;
    const leaving = leavingOf(this.now);
    if (leaving.length > 0) this.replacedBy(withGone(this.now, await findGone(leaving)));
  }

  /** The services and instances that have a place, also those that are leaving. */
  get names(): CarriedNames {
    return this.last === undefined ? { services: new Set(), instances: new Map() } : namesOf(this.last);
  }

  /** Whose requests a server of HAProxy's log answered: `least-1`, `s2`. */
  serverAt(backend: string, server: string): ServerAt {
    const found = this.last?.backends.get(backend);
    const { name: instance, release } = found?.slots.get(Number(server.slice(1)))?.server ?? {};
    return { service: found?.service, instance, ...(release !== undefined && { release }) };
  }

  /** Whose requests come to a backend. One that had it before keeps it until another one surely has it. */
  serviceAt(backend: string): string | undefined {
    const known = this.last?.backends.get(backend);
    return known === undefined ? this.next?.backends.get(backend)?.service : known.service;
  }

  /** Whether requests of a service may wait for an instance: not where it should not run, or is not carried any more. */
  mayWait(service: string): boolean {
    const { now, next } = this;
    return (
      now === undefined || this.awaits(now, service) || (next !== undefined && this.awaits(next, service))
    );
  }

  /** The backends of a service: its own, and then that of its canary. */
  backendsOf(service: string): readonly string[] {
    return this.now === undefined ? [] : this.backendsIn(this.now, service);
  }

  private awaits(carrying: Carrying, service: string): boolean {
    const all = this.backendsIn(carrying, service);
    return all.length > 0 && all.every((name) => carrying.backends.get(name)?.isAwaited !== false);
  }

  private backendsIn(carrying: Carrying, service: string): readonly string[] {
    if (this.owned?.of !== carrying) this.owned = { of: carrying, backends: backendsByOwner(carrying) };
    const { backends } = this.owned;
    return [false, true].flatMap((isCanary) => backends.get(ownerOf(service, isCanary)) ?? []);
  }
}
