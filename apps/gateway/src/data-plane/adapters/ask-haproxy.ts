import { everyPlaceOf } from '../domain/carrying.js';
import { DataPlaneError } from '../domain/data-plane-error.js';
import type { ServerFigures } from '../domain/server-figures.js';
import type { Carried } from './carried.js';
import { rescueFrom } from './rescue.js';
import type { RuntimeApi } from './runtime-api.js';
import { figuresOf } from './server-figures.js';
import { boundedOf, busyAt, queuedIn, readyIn } from './servers-asked.js';
import type { WorkerConnection } from './worker-connection.js';

interface AskHaproxyParts {
  readonly connection: WorkerConnection;
  readonly carried: Carried;
  /** Does this once all is done that was asked for before. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** What HAProxy says of what it carries. Where it cannot be asked, that is nothing, unless another way is said. */
export class AskHaproxy {
  constructor(private readonly parts: AskHaproxyParts) {}

  figures(): Promise<readonly ServerFigures[]> {
    return this.asked([], (api, carrying) => {
      const { carried, connection } = this.parts;
      return figuresOf(api, { carrying, places: carried.places, generation: connection.generation ?? '' });
    });
  }

  /** Has the requests that wait at a server tried at another one; resolves with how many there were. */
  rescue(name: string): Promise<number> {
    return this.asked(0, async (api) => {
      const place = this.parts.carried.places.get(name);
      return place === undefined ? 0 : rescueFrom(api, place);
    });
  }

  /** Throws where HAProxy does not answer. */
  busy(names: readonly string[]): Promise<readonly string[]> {
    const { inTurn, carried } = this.parts;
    return inTurn(async () => {
      if (names.length === 0 || carried.current === undefined) return [];
      return busyAt(await this.answering(), everyPlaceOf(carried.current), names);
    });
  }

  /** Those of these services, by their ids, whose requests can be sent to a server, with the backends that have one. */
  readyOf(services: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    return this.asked<ReadonlyMap<string, readonly string[]>>(new Map(), async (api) => {
      const asked = services.map((id) => [id, this.parts.carried.backendsOf(id)] as const);
      const ready = new Set(await readyIn(api, [...new Set(asked.flatMap(([, names]) => names))]));
      const there = asked.map(([id, names]) => [id, names.filter((name) => ready.has(name))] as const);
      return new Map(there.filter(([, names]) => names.length > 0));
    });
  }

  /** How many requests wait for one of the instances of a service, by its id; of those that have a bound. */
  queued(): Promise<ReadonlyMap<string, number>> {
    return this.asked<ReadonlyMap<string, number>>(new Map(), (api, carrying) =>
      queuedIn(api, boundedOf(carrying)),
    );
  }

  /** The answer to a `show` command. Throws where HAProxy does not answer. */
  show(command: string): Promise<string> {
    return this.parts.inTurn(async () => (await this.answering()).ask(command));
  }

  private asked<T>(
    otherwise: T,
    ask: (api: RuntimeApi, carrying: NonNullable<Carried['current']>) => Promise<T>,
  ): Promise<T> {
    const { inTurn, connection, carried } = this.parts;
    return inTurn(async () => {
      const api = await connection.open();
      const { current } = carried;
      return api === undefined || current === undefined ? otherwise : ask(api, current);
    });
  }

  private async answering(): Promise<RuntimeApi> {
    const api = await this.parts.connection.open();
    if (api === undefined) throw new DataPlaneError('HAPROXY_UNREACHABLE', 'HAProxy does not answer');
    return api;
  }
}
