import type { Fleet } from './fleet.js';
import { type KnownOfService, type Resources, serviceKey, type Taken, type Wish } from './model.js';
import { byName } from './place.js';

/** Only services whose priority is lower by so much make room (Nomad: 10, scheduler/preemption.go). */
export const CLEAR_DISTANCE = 10;

/** An instance that runs, and may be asked to make room. */
export interface Evictable {
  readonly accessToken: string;
  /** Its name in the registry. */
  readonly instance: string;
  readonly appId: string;
  readonly service: string;
  readonly priority: number;
  readonly node: string;
  readonly cpu: number;
  readonly memoryMiB: number;
  /** Of a worker, none. */
  readonly port?: number;
}

/** Who is stopped, and on which node that makes room. */
export interface Preemption {
  readonly node: string;
  readonly victims: readonly Evictable[];
}

/** What wants room, with its priority. */
export interface PreemptingWish extends Wish {
  readonly priority?: number;
}

/** The highest priority of those that may be stopped for it. Pure. */
export const highestEvictable = ({ priority = 0 }: Pick<PreemptingWish, 'priority'>): number =>
  priority - CLEAR_DISTANCE;

/** What it takes of its node. Pure. */
export const takenBy = ({ appId, service, cpu, memoryMiB, port }: Evictable): Taken => ({
  ...{ service: serviceKey(appId, service), cpu, memoryMiB },
  ...(port !== undefined && { port }),
});

/**
 * Who is to make room for an instance that no node fits. Undefined where nobody can, or where there is room already.
 *
 * On each node, all that may go are taken away, then spared one by one for as long as the instance still fits without
 * the rest: the highest priorities first, of equal ones the smallest first (kube-scheduler's DefaultPreemption:
 * selectVictimsOnNode and its reprieves). So no set of victims has one too many. Of the nodes, it is the one whose most
 * important victim has the lowest priority, then the one with the fewest victims (pickOneNodeForPreemption), then the one
 * that placing scores best. Pure.
 * @param evictable of any nodes; those that are not clearly lower, or are needed beside the instance, are left alone
 */
export function choosePreemption(
  fleet: Pick<Fleet, 'placeWithout'>,
  wish: PreemptingWish,
  evictable: readonly Evictable[],
  known?: KnownOfService,
): Preemption | undefined {
  const may = evictable.filter((one) => mayMakeRoom(one, wish));
  const found = [...Map.groupBy(may, ({ node }) => node)].flatMap(([node, there]) => {
    const fits = (victims: readonly Evictable[]): boolean =>
      fleet.placeWithout(node, victims.map(takenBy), wish, known) !== undefined;
    const victims = fits(there) ? spared(there, wish.resources, fits) : [];
    const placed = victims.length > 0 && fleet.placeWithout(node, victims.map(takenBy), wish, known);
    return placed ? [{ node, victims, points: placed.points }] : [];
  });
  const [best] = found.sort(
    (a, b) =>
      highest(a.victims) - highest(b.victims) ||
      a.victims.length - b.victims.length ||
      b.points - a.points ||
      byName(a.node, b.node),
  );
  return best && { node: best.node, victims: best.victims };
}

const highest = (victims: readonly Evictable[]): number =>
  Math.max(...victims.map(({ priority }) => priority));

/** Not of its own service, nor of those that it has to run beside. */
function mayMakeRoom({ appId, service, priority }: Evictable, wish: PreemptingWish): boolean {
  const isNeighbour = service === wish.service || (wish.placement?.affinity ?? []).includes(service);
  return priority <= highestEvictable(wish) && !(appId === wish.appId && isNeighbour);
}

/** @returns what is left, the lowest priorities first */
function spared(
  all: readonly Evictable[],
  needed: Resources,
  fits: (victims: readonly Evictable[]) => boolean,
): readonly Evictable[] {
  const share = ({ cpu, memoryMiB }: Evictable): number =>
    Math.max(cpu / needed.cpu, memoryMiB / needed.memoryMiB);
  const order = all.toSorted(
    (a, b) => b.priority - a.priority || share(a) - share(b) || byName(b.accessToken, a.accessToken),
  );
  return order
    .reduce<readonly Evictable[]>((victims, one) => {
      const without = victims.filter((victim) => victim !== one);
      return fits(without) ? without : victims;
    }, order)
    .toReversed();
}
