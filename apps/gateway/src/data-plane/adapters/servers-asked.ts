import type { Place } from '../domain/carrying.js';
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
