import type { Carrying, Place, Slot } from './carrying.js';
import type { Operation } from './operations.js';
import { type Wanted, type WantedServer, type WantedService, WEIGHTS } from './wanted.js';

/** What the balancing makes of one server; it counts more than what is wanted of it. */
export interface Steering {
  /** Beside the others; 100 changes nothing of what is wanted. */
  readonly weight: number;
  /** It gets no new request for now; those in flight go on. */
  readonly isOut: boolean;
  /** Requests in flight there at most, if its service does not ask for fewer. */
  readonly mostInFlight?: number;
}

/** By the names of servers. */
export type SteeringByName = ReadonlyMap<string, Steering>;

/** What is made of services, and of servers. */
interface Steered {
  readonly servers: SteeringByName;
  /** Services of which no request is sent twice for now, by their ids. */
  readonly unretried: ReadonlySet<string>;
}

/** What is wanted with what the balancing makes of it. `inFlight` is the bound of services that name none. */
export function steered(wanted: Wanted, { servers, unretried }: Steered, inFlight: number): Wanted {
  const services = wanted.services.map((service): WantedService => {
    const bound = service.bounds?.inFlight ?? inFlight;
    return {
      ...service,
      servers: service.servers.map((one) => withSteering(one, servers, bound)),
      ...(unretried.has(service.id) && { retries: false }),
    };
  });
  return { ...wanted, services };
}

function withSteering(server: WantedServer, steering: SteeringByName, bound: number): WantedServer {
  const now = steering.get(server.name);
  const mostInFlight = leastOf(server.mostInFlight ?? bound, now?.mostInFlight ?? 0);
  if (now === undefined) return mostInFlight === 0 ? server : { ...server, mostInFlight };
  const state = now.isOut ? 'drain' : server.state;
  return { ...server, weight: weightOf(server.weight, now.weight), state, mostInFlight };
}

/** Of two bounds; 0 is none. */
const leastOf = (a: number, b: number): number => (a === 0 || b === 0 ? Math.max(a, b) : Math.min(a, b));

const weightOf = (wanted: number, steered: number): number =>
  Math.min(WEIGHTS.most, Math.max(WEIGHTS.least, Math.round((wanted * steered) / 100)));

interface Change {
  readonly at: Place;
  /** As it was, and is to be. */
  readonly from: WantedServer;
  readonly to: WantedServer;
}

/**
 * The same with other servers in some places, and what brings HAProxy there. Nothing else is looked at: so a changed weight
 * costs the same among ten servers as among ten thousand.
 */
export function replaced(
  before: Carrying,
  changes: readonly Change[],
): { readonly after: Carrying; readonly todo: readonly Operation[] } {
  const backends = new Map(before.backends);
  const copied = new Map<string, Map<number, Slot>>();
  for (const { at, to } of changes) {
    const backend = backends.get(at.backend);
    if (backend === undefined) continue;
    const slots = copied.get(at.backend) ?? new Map(backend.slots);
    slots.set(at.slot, { kind: 'taken', server: to });
    copied.set(at.backend, slots);
    backends.set(at.backend, { ...backend, slots });
  }
  return { after: { ...before, backends }, todo: changes.flatMap(operationsOf) };
}

/** A server that is to serve has its weight and bound first. */
function operationsOf({ at, from, to }: Change): readonly Operation[] {
  const [was, is] = [from.mostInFlight ?? 0, to.mostInFlight ?? 0];
  return [
    ...(from.weight === to.weight ? [] : [{ kind: 'weigh', at, weight: to.weight } as const]),
    ...(was === is ? [] : [{ kind: 'bound', at, mostInFlight: is } as const]),
    ...(from.state === to.state ? [] : [{ kind: 'switch', at, to: to.state } as const]),
  ];
}

/** The changes that steering makes of what is carried. `wanted` are the servers as they are wanted, by their names. */
export function changesOf(
  { backends }: Carrying,
  places: ReadonlyMap<string, Place>,
  wanted: ReadonlyMap<string, { readonly server: WantedServer; readonly bound: number }>,
  steering: SteeringByName,
): readonly Change[] {
  return [...steering.keys()].flatMap((name) => {
    const at = places.get(name);
    const want = wanted.get(name);
    const slot = at && backends.get(at.backend)?.slots.get(at.slot);
    if (at === undefined || want === undefined || slot?.kind !== 'taken') return [];
    // One that is wanted at another address by now gets another place by the next assignment.
    if (slot.server.address !== want.server.address || slot.server.port !== want.server.port) return [];
    return [{ at, from: slot.server, to: withSteering(want.server, steering, want.bound) }];
  });
}

/** Each server as it is wanted, with the bound of its service. */
export const serversByName = (
  { services }: Wanted,
  inFlight: number,
): ReadonlyMap<string, { readonly server: WantedServer; readonly bound: number }> =>
  new Map(
    services.flatMap(({ servers, bounds }) =>
      servers.map((server) => [server.name, { server, bound: bounds?.inFlight ?? inFlight }] as const),
    ),
  );
