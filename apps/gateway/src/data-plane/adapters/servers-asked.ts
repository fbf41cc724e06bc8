import type { Carrying, Place } from '../domain/carrying.js';
import { rowsOf } from './haproxy-totals.js';
import type { RuntimeApi } from './runtime-api.js';
import { goneOf } from './runtime-commands.js';

/** Those of these servers at which requests are in flight. */
export async function busyAt(
  api: RuntimeApi,
  places: ReadonlyMap<string, Place>,
  names: readonly string[],
): Promise<readonly string[]> {
  const named = names.flatMap((name) => {
    const place = places.get(name);
    return place === undefined ? [] : [[name, place] as const];
  });
  const asked = new Map(named);
  const gone = new Set(await goneOf(api, [...asked.values()]));
  return [...asked].filter(([, place]) => !gone.has(place)).map(([name]) => name);
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
  return new Map(
    asked.map(([, service], index) => [service, Number(rowsOf(answers[index] ?? '')[0]?.['qcur'] ?? 0)]),
  );
}
