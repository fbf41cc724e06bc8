import { type Backend, backendsByOwner, type Carrying } from './carrying.js';
import { ownerOf } from './sides.js';

/** Requests draw lots: so many there are. */
export const LOTS = 10_000;

/** Between the parts of a value; names of backends have none. */
const FIELDS = ':';

/** A server of it gets requests. */
export const hasReady = (backend: Backend | undefined): boolean =>
  [...(backend?.slots.values() ?? [])].some(
    ({ kind, server }) => kind === 'taken' && server.state === 'ready',
  );

/**
 * How the requests of backends are split, as HAProxy's map has it: the backend of the canary, below which lot it gets a
 * request, and whether clients keep their lot. Of those alone whose both sides have a server that is ready. Pure.
 */
export function splitTable(carrying: Carrying): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (const { canary, main, percent } of pairsOf(carrying)) {
    const [to, from] = [carrying.backends.get(canary), carrying.backends.get(main)];
    if (!hasReady(to) || !hasReady(from)) continue;
    const isSticky = from?.profile === 'sticky';
    table.set(
      main,
      [canary, Math.round((percent * LOTS) / 100), ...(isSticky ? ['sticky'] : [])].join(FIELDS),
    );
  }
  return table;
}

/** Backends of the same service, by each other's names: where one has no server, the other one answers. Pure. */
export function partnersOf(carrying: Carrying): ReadonlyMap<string, string> {
  return new Map(
    pairsOf(carrying).flatMap(({ canary, main }) => [[canary, main] as const, [main, canary] as const]),
  );
}

function pairsOf(carrying: Carrying) {
  const names = backendsByOwner(carrying);
  return [...carrying.backends].flatMap(([canary, { service, percent }]) => {
    const main = service === undefined ? undefined : names.get(ownerOf(service, false));
    return percent === undefined || main === undefined ? [] : [{ canary, main, percent }];
  });
}
