import type { Carrying, Place } from '../domain/carrying.js';
import { rowsOf } from './haproxy-totals.js';
import type { RuntimeApi } from './runtime-api.js';
import { goneOf } from './runtime-commands.js';

/** Those of these servers at which requests are in flight. */
export async function busyAt(
  api: RuntimeApi,
  places: ReadonlyMap<string, readonly Place[]>,
  names: readonly string[],
): Promise<readonly string[]> {
  const asked = new Map(names.map((name) => [name, places.get(name) ?? []]));
  const gone = new Set(await goneOf(api, [...asked.values()].flat()));
  return [...asked].filter(([, all]) => all.some((place) => !gone.has(place))).map(([name]) => name);
}

/** Those of these backends that have a server that requests can be sent to. */
export async function readyIn(api: RuntimeApi, backends: readonly string[]): Promise<readonly string[]> {
  const answers = await api.askAll(backends.map((backend) => `show stat ${backend} 2 -1`));
  return backends.filter((_, index) => Number(rowsOf(answers[index] ?? '')[0]?.['act'] ?? 0) > 0);
}

/** The backends of services whose instances may have only so many requests at once: at others, none waits. */
export const boundedOf = ({ backends }: Carrying): ReadonlyMap<string, string> =>
  new Map(
    [...backends].flatMap(([name, { service, slots }]) =>
      service !== undefined && [...slots.values()].some(({ server }) => (server.mostInFlight ?? 0) > 0)
        ? [[name, service] as const]
        : [],
    ),
  );

/** How many requests wait at these backends, by their services; without those that wait for one certain server. */
export async function queuedIn(
  api: RuntimeApi,
  backends: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, number>> {
  const asked = [...backends];
  if (asked.length === 0) return new Map();
  const answers = await api.askAll(asked.map(([backend]) => `show stat ${backend} 2 -1`));
  const waiting = new Map<string, number>();
  // Of a service with a canary there are two.
  for (const [index, [, service]] of asked.entries()) {
    const here = Number(rowsOf(answers[index] ?? '')[0]?.['qcur'] ?? 0);
    waiting.set(service, (waiting.get(service) ?? 0) + here);
  }
  return waiting;
}
