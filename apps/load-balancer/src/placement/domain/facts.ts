import { Mix, scarceOf, sizeOf } from './mix.js';
import {
  type Candidate,
  type FleetFacts,
  type KnownOfService,
  NOTHING_RESERVED,
  type Resources,
  serviceKey,
  type Wish,
} from './model.js';

/** By zone, how many of the counts given are in it; 0 of a zone without any. */
export function zoneFacts(
  zones: Iterable<string>,
  counts: Iterable<readonly [string | undefined, number]>,
): Pick<FleetFacts, 'inZone' | 'fewestInZone'> {
  const inZone = new Map<string, number>();
  for (const zone of zones) inZone.set(zone, 0);
  for (const [zone, count] of counts)
    if (zone !== undefined) inZone.set(zone, (inZone.get(zone) ?? 0) + count);
  return { inZone, fewestInZone: inZone.size === 0 ? 0 : Math.min(...inZone.values()) };
}

const plus = (a: Resources, b: Resources): Resources => ({
  cpu: a.cpu + b.cpu,
  memoryMiB: a.memoryMiB + b.memoryMiB,
});

/** What the instances on these nodes ask for. */
export function mixOf(nodes: readonly Candidate[]): Mix {
  const sizes = nodes.flatMap(({ instances }) =>
    [...instances.values()].map((of) => [sizeOf(of), of.count] as const),
  );
  const sum = (of: (node: Candidate) => Resources): Resources => nodes.map(of).reduce(plus, NOTHING_RESERVED);
  return new Mix(
    sizes,
    scarceOf(
      sum(({ reserved }) => reserved),
      sum(({ total }) => total),
    ),
  );
}

/** The facts of a few candidates; a fleet keeps an index of them instead. */
export function factsOf(wish: Wish, nodes: readonly Candidate[], known: KnownOfService = {}): FleetFacts {
  const key = serviceKey(wish.appId, wish.service);
  const zones = nodes.flatMap(({ zone }) => zone ?? []);
  const counts = nodes.map(({ zone, instances }) => [zone, instances.get(key)?.count ?? 0] as const);
  const nodesOf = (service: string): ReadonlySet<string> => {
    const other = serviceKey(wish.appId, service);
    return new Set(nodes.filter(({ instances }) => instances.has(other)).map(({ name }) => name));
  };
  return { ...known, key, ...zoneFacts(zones, counts), mix: mixOf(nodes), nodesOf };
}
