import type { Carrying } from '../domain/carrying.js';
import { partnersOf } from '../domain/splits.js';
import type { RuntimeApi } from './runtime-api.js';
import { readyIn } from './servers-asked.js';

/** Which backends can be sent requests: also those whose partner can, such as that of a canary without an instance. */
export class ReadyBackends {
  private instead: ReadonlyMap<string, string> = new Map();

  /** Those of these that have a server, or whose partner has one. */
  async among(api: RuntimeApi, carrying: Carrying, backends: readonly string[]): Promise<readonly string[]> {
    const partners = partnersOf(carrying);
    const asked = new Set(backends.flatMap((name) => [name, partners.get(name) ?? name]));
    const ready = new Set(await readyIn(api, [...asked]));
    const places = backends.flatMap((name) => {
      const place = [name, partners.get(name) ?? name].find((one) => ready.has(one));
      return place === undefined ? [] : [[name, place] as const];
    });
    this.instead = new Map(places);
    return places.map(([name]) => name);
  }

  /** Where the requests of one can be sent, as it was seen last. */
  placeOf(backend: string): string {
    return this.instead.get(backend) ?? backend;
  }
}
