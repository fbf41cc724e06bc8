import type { Asked } from '../placement/domain/asked.js';
import type { KnownOfService, PlacementRules, Resources } from '../placement/domain/model.js';
import type { Fleet } from '../placement/domain/fleet.js';
import {
  choosePreemption,
  type Evictable,
  highestEvictable,
  takenBy,
} from '../placement/domain/preemption.js';
import { figuresOf, type FleetFigures, sizesOf } from './domain/figures.js';
import {
  addNodesLike,
  findPlace,
  type Found,
  hasVolumes,
  type PlannedInstance,
  type Seeker,
  seekerFrom,
} from './domain/moves.js';
import { heldFrom } from '../placement/domain/waiting-line.js';
import type { AskedAbout, Fleets } from './ports.js';

/** What might be done. */
export type PlanWish =
  | { readonly kind: 'drain' | 'remove'; readonly node: string }
  | { readonly kind: 'add'; readonly like: string; readonly count: number }
  | ({ readonly kind: 'place'; readonly count: number } & NewInstances);

export interface NewInstances {
  readonly resources: Resources;
  readonly needsPort?: boolean;
  /** Of a service that is there already, its instances count, and they have the image of the newest. */
  readonly appId?: string;
  readonly service?: string;
  readonly placement?: PlacementRules & { readonly preempt?: boolean };
  readonly priority?: number;
}

export interface Plan {
  readonly found: readonly Found[];
  /** What would not be moved, since its volumes lie on the node. */
  readonly staying: readonly PlannedInstance[];
  /** Nodes that there are not yet. */
  readonly added: readonly string[];
  /** How many instances were reserved by a version that kept neither constraints nor volumes. */
  readonly unknown: number;
  readonly before: FleetFigures;
  readonly after: FleetFigures;
}

/** So many places are found before others may work. */
const AT_ONCE = 25;

/** Says what would come of it, by the code that places, on a copy of the fleet. Undefined where the node is not known. */
export async function makePlan(fleets: Fleets, wish: PlanWish): Promise<Plan | undefined> {
  const node = nodeOf(wish);
  const { fleet, held, askedLast, hold, known } = await fleets.snapshot({ node, service: serviceOf(wish) });
  if (node !== undefined && fleet.get(node) === undefined) return undefined;
  const sizes = sizesOf(fleet, wish.kind === 'place' ? [wish.resources] : []);
  const before = figuresOf(fleet, sizes);
  const added = change(fleet, wish);
  const leaving = wish.kind === 'drain' || wish.kind === 'remove' ? held : [];
  const stays = wish.kind === 'drain' ? leaving.filter(hasVolumes) : [];
  const looking =
    wish.kind === 'place'
      ? newInstances(wish, wish.count, askedLast)
      : leaving.filter((one) => !stays.includes(one)).map((one) => seekerFrom(node ?? '', one));
  const seekers = looking.map((one) => ({
    ...one,
    wish: { ...one.wish, heldNodes: heldFrom(one.wish, hold) },
  }));
  const found: Found[] = [];
  const evicted: Evictable[] = [];
  let mayPreempt = preempts(wish);
  for (const [index, seeker] of seekers.entries()) {
    if (index > 0 && index % AT_ONCE === 0) await fleets.pause();
    const about = known(seeker.wish);
    const unhelped = findPlace(fleet, seeker, about);
    const one =
      unhelped.kind === 'unplaced' && mayPreempt
        ? await makeRoom(fleets, { fleet, seeker, unplaced: unhelped, evicted, known: about })
        : unhelped;
    // All new instances are alike: where nothing makes room for one, nothing does for the next.
    if (one.kind === 'unplaced') mayPreempt = false;
    found.push(one);
  }
  return {
    ...{ found, added, before, after: figuresOf(fleet, sizes) },
    staying: stays.map((one) => seekerFrom(node ?? '', one).of),
    unknown: leaving.filter(({ asked }) => asked === undefined).length,
  };
}

/** Whether others are to be stopped where there is no room. */
export const preempts = (wish: PlanWish): boolean =>
  wish.kind === 'place' && wish.placement?.preempt === true;

interface Unplaced {
  readonly fleet: Fleet;
  readonly seeker: Seeker;
  readonly unplaced: Found;
  /** What was stopped for others already; more is added. */
  readonly evicted: Evictable[];
  readonly known: KnownOfService;
}

/** As the line does it for those that wait, but that what is stopped has gone at once. Changes the fleet. */
async function makeRoom(
  fleets: Pick<Fleets, 'evictable'>,
  { fleet, seeker, unplaced, evicted, known }: Unplaced,
): Promise<Found> {
  const { wish } = seeker;
  const gone = evicted.map(({ accessToken }) => accessToken);
  const evictable = await fleets.evictable(fleet.shortages(wish), highestEvictable(wish), gone);
  const evicts = choosePreemption(fleet, wish, evictable, known)?.victims;
  if (evicts === undefined) return unplaced;
  for (const victim of evicts) fleet.give(victim.node, takenBy(victim));
  evicted.push(...evicts);
  const found = findPlace(fleet, seeker, known);
  return found.kind === 'placed' ? { ...found, evicts } : found;
}

function nodeOf(wish: PlanWish): string | undefined {
  if (wish.kind === 'place') return undefined;
  return wish.kind === 'add' ? wish.like : wish.node;
}

function serviceOf(wish: PlanWish): AskedAbout['service'] {
  if (wish.kind !== 'place' || wish.appId === undefined || wish.service === undefined) return undefined;
  return { appId: wish.appId, service: wish.service };
}

/** What is done to nodes before instances look for places. @returns the names of new ones */
function change(fleet: Fleet, wish: PlanWish): readonly string[] {
  if (wish.kind === 'add') return addNodesLike(fleet, wish.like, wish.count);
  if (wish.kind === 'remove') fleet.remove(wish.node);
  const drained = wish.kind === 'drain' ? fleet.get(wish.node) : undefined;
  if (drained !== undefined) fleet.set({ ...drained, state: 'draining' });
  return [];
}

function newInstances(
  { resources, needsPort, appId, service, placement, priority }: NewInstances,
  count: number,
  askedLast: Asked | undefined,
): readonly Seeker[] {
  const { image, imageLayers, architecture } = askedLast ?? {};
  const wish = {
    // Nothing can have an empty name, so an instance of no service is beside no other.
    ...{ appId: appId ?? '', service: service ?? '', resources, avoidNodes: [] },
    ...(needsPort === false && { needsPort }),
    ...(placement !== undefined && { placement }),
    ...(priority !== undefined && { priority }),
    ...(image !== undefined && { image }),
    ...(imageLayers !== undefined && { imageLayers }),
    ...(architecture !== undefined && { architecture }),
  };
  return Array.from({ length: count }, () => ({ of: { appId, service, resources }, wish }));
}
