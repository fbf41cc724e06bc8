import { Appraisals, type QuantityFilters } from './appraisal.js';
import { Blocks } from './blocks.js';
import { couldTake, shortfall } from './closest.js';
import { Columns } from './columns.js';
import { BEST_NODES, type Explanation, type ScoredNode } from './explanation.js';
import { zoneFacts } from './facts.js';
import { filters } from './filters.js';
import type { Measured } from './measured.js';
import {
  type Candidate,
  type FleetFacts,
  type KnownOfService,
  type Place,
  type Placement,
  type Policy,
  type Resources,
  serviceKey,
  type Taken,
  type Wish,
} from './model.js';
import { FleetMix } from './fleet-mix.js';
import { FleetNode } from './fleet-node.js';
import { type ImageRoom, ImageRooms } from './image-rooms.js';
import { NumbersInUse } from './numbering.js';
import { byName, placeOf } from './place.js';
import { firstRefusal, MOST_REFUSALS, Refusals, refusalsOf, refusedNodes } from './refused.js';
import { freeCpu, freeMemory } from './room.js';
import { pointsOf, scored } from './score.js';
import { addRefused, type Query, shortlist } from './shortlist.js';
import { terms } from './terms.js';
import { allocation } from './terms/allocation.js';
import { headroom } from './terms/headroom.js';
import { zones } from './terms/spread.js';

/** Sums of the same terms in another order differ by less. */
const SLACK = 1e-6;
/** How many nodes are listed before they are asked; the next list is longer by the same factor. */
const FIRST_LIST = 8;
const LONGER = 8;

const indexOfFilter = (name: string): number => filters.findIndex((filter) => filter.name === name);
const QUANTITY_FILTERS: QuantityFilters = [
  indexOfFilter('cpu'),
  indexOfFilter('memory'),
  indexOfFilter('ports'),
];
const DISK_FILTER = indexOfFilter('disk');
/** Terms that the list does not know of, or not of all nodes. */
const OTHER_TERMS = terms.filter((term) => ![allocation, headroom, zones].includes(term));

/** What a node lacks to take an instance; 0 or less: nothing. */
export interface Shortage extends Resources {
  readonly node: string;
}

interface Ranked {
  readonly node: FleetNode;
  readonly points: number;
}

/**
 * All nodes in memory, for thousands of decisions a second on tens of thousands of nodes. Exact: every node is weighed,
 * none is left out by sampling as in kube-scheduler (percentageOfNodesToScore) or Nomad (two random nodes, log2 n for
 * services). Nodes are listed by the terms that differ from node to node; for that, only what has changed since the last
 * wish of the same size is looked at again (see `Appraisal`). All filters and terms are then asked of the listed ones, until
 * no node further down can become better: branch and bound. So `place` and a
 * fleet of the same nodes choose a node of the same points.
 */
export class Fleet {
  private readonly nodes: FleetNode[] = [];
  private readonly slots = new Map<string, number>();
  private readonly columns = new Columns();
  /** Only of nodes that are there: labels change, and the last node of a zone may go. */
  private readonly kinds = new NumbersInUse<Candidate>();
  private readonly zoneNumbers = new NumbersInUse<string | undefined>();
  /** By `serviceKey`, the nodes with instances of it. */
  private readonly services = new Map<string, Set<FleetNode>>();
  private readonly mixed = new FleetMix();
  private readonly images = new ImageRooms(this.nodes);
  private isRanked = true;
  private firstByName: readonly string[] = [];
  /** Undefined once a node has come, gone or changed its kind, until the next decision. */
  private appraisals: Appraisals | undefined;

  constructor(private readonly policy: Policy) {}

  get size(): number {
    return this.nodes.length;
  }

  get names(): readonly string[] {
    return this.nodes.map(({ name }) => name);
  }

  get(name: string): Candidate | undefined {
    const slot = this.slots.get(name);
    return slot === undefined ? undefined : this.nodes[slot];
  }

  /** Adds the node, or puts it into the place of the one with its name. */
  set(candidate: Candidate): void {
    const node = new FleetNode(candidate);
    let slot = this.slots.get(node.name);
    const before = slot === undefined ? undefined : this.nodes[slot];
    if (slot === undefined) {
      slot = this.nodes.length;
      this.columns.reserveSlots(slot + 1);
      this.slots.set(node.name, slot);
      this.isRanked = false;
    } else this.forget(slot);
    this.nodes[slot] = node;
    if (before === undefined || hasOtherLayers(before, node)) this.images.changed(slot);
    for (const service of node.instances.keys()) this.remember(service, node);
    this.mixed.add(node, 1);
    const [kind, zone] = [
      this.kinds.add(kindOf(node), node),
      this.zoneNumbers.add(node.zone ?? '', node.zone),
    ];
    const isAlike =
      before?.total.cpu === node.total.cpu &&
      before.total.memoryMiB === node.total.memoryMiB &&
      kind === this.columns.kind[slot] &&
      zone === this.columns.zone[slot];
    if (!isAlike) this.appraisals = undefined;
    this.columns.kind[slot] = kind;
    this.columns.zone[slot] = zone;
    this.write(slot);
  }

  remove(name: string): void {
    const slot = this.slots.get(name);
    if (slot === undefined) return;
    this.forget(slot);
    this.slots.delete(name);
    const last = this.nodes.pop()!;
    this.isRanked = false;
    this.appraisals = undefined;
    this.images.changed(this.nodes.length);
    if (last.name === name) return;
    this.nodes[slot] = last;
    this.slots.set(last.name, slot);
    this.columns.move(this.nodes.length, slot);
    this.images.changed(slot);
  }

  /** What is measured there from now on; undefined where nothing is known any more. */
  measure(name: string, measured: Measured | undefined): void {
    const slot = this.slots.get(name);
    if (slot === undefined) return;
    const node = this.nodes[slot]!;
    const before = node.measured;
    node.measured = measured;
    if (before?.layers !== measured?.layers) this.images.changed(slot);
    this.write(slot);
  }

  /** The same nodes with the same reservations: what is taken here is not taken there. */
  copy(): Fleet {
    const copy = new Fleet(this.policy);
    for (const node of this.nodes) copy.set(node);
    this.images.shareWith(copy.images);
    return copy;
  }

  /** How many instances of a service, by `serviceKey`, run in each zone; nothing of zones without one. */
  inZones(key: string): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { zone, instances } of this.services.get(key) ?? [])
      if (zone !== undefined) counts.set(zone, (counts.get(zone) ?? 0) + (instances.get(key)?.count ?? 0));
    return counts;
  }

  /** The sizes that most instances have, at most so many. */
  usualSizes(most: number): readonly Resources[] {
    return this.mixed.usualSizes(most);
  }

  /** An instance takes room; no check is made. */
  take(name: string, taken: Taken): void {
    this.change(name, taken, 1);
  }

  /** It gives the room back. */
  give(name: string, taken: Taken): void {
    this.change(name, taken, -1);
  }

  /** It never ran: its use will not be measured either. */
  undoTake(name: string, taken: Taken): void {
    this.change(name, taken, -1, { hasRun: false });
  }

  /** Deterministic: of nodes with equal points, the first by name. */
  place(wish: Wish, known: KnownOfService = {}): Placement {
    if (this.mixed.renew()) this.renewWaste();
    const facts = this.factsOf(wish, known);
    const query = this.queryOf(wish, facts);
    const refused = new Refusals(
      (slot) => this.nodes[slot]!,
      (slot) => this.columns.rank[slot]!,
    );
    addRefused(query, refused);
    const best = this.search(query, facts);
    const places = best.map(({ node, points }) => placeOf(node, wish, points));
    const [place] = places;
    const nodes = this.nodes.length;
    const counted = refused.counted();
    // Made when it is read: most decisions that lose their node to others, and those of simulations, are never explained.
    const explain = (): Explanation => ({
      nodes,
      best: this.scoredNow(places, wish, known),
      refused: refusedNodes(wish, counted),
    });
    if (place === undefined)
      return {
        refusals: this.refusals(wish, facts),
        get explanation() {
          return explain();
        },
      };
    return {
      ...{ place, places },
      get explanation() {
        return explain();
      },
    };
  }

  /** The nodes as they are now, best first: the one that a claim has just renewed has the score of its answer. */
  private scoredNow(places: readonly Place[], wish: Wish, known: KnownOfService): readonly ScoredNode[] {
    const facts = this.factsOf(wish, known);
    return places
      .flatMap(({ node }) => this.get(node) ?? [])
      .map((node) => scored(node, wish, facts, this.policy))
      .sort((a, b) => b.points - a.points || byName(a.node, b.node));
  }

  /** Its place on this node; undefined where the node cannot take it. */
  placeOn(name: string, wish: Wish, known: KnownOfService = {}): Place | undefined {
    const node = this.get(name);
    const facts = this.factsOf(wish, known);
    if (node === undefined || firstRefusal(node, wish, facts) !== undefined) return undefined;
    return placeOf(node, wish, pointsOf(node, wish, facts, this.policy));
  }

  /**
   * The node that comes closest to having room; `kept` stays the one for as long as it can take the instance once it is
   * empty. Undefined where no node can.
   */
  closest(wish: Wish, kept?: string): string | undefined {
    const facts = this.factsOf(wish, {});
    const cached = { ...facts, nodesOf: cachedSets(facts.nodesOf) };
    const [best] = this.nodes
      .flatMap((node) => {
        const missing = shortfall(node, wish, cached);
        return missing === undefined ? [] : [{ name: node.name, missing: node.name === kept ? -1 : missing }];
      })
      .sort((a, b) => a.missing - b.missing || byName(a.name, b.name));
    return best?.name;
  }

  /**
   * The place that it would have on this node without those, and the points; undefined where it would not fit even then.
   * Changes nothing.
   */
  placeWithout(
    name: string,
    leaving: readonly Taken[],
    wish: Wish,
    known: KnownOfService = {},
  ): { readonly place: Place; readonly points: number } | undefined {
    const there = this.get(name);
    if (there === undefined) return undefined;
    const node = new FleetNode(there);
    for (const one of leaving) node.change(one, -1);
    const facts = this.factsOf(wish, known);
    if (firstRefusal(node, wish, facts) !== undefined) return undefined;
    const points = pointsOf(node, wish, facts, this.policy);
    return { place: placeOf(node, wish, points), points };
  }

  /** What each node lacks that could take the instance if it were empty. */
  shortages(wish: Wish): readonly Shortage[] {
    const facts = this.factsOf(wish, {});
    const cached = { ...facts, nodesOf: cachedSets(facts.nodesOf) };
    const { cpu, memoryMiB } = wish.resources;
    return this.nodes
      .filter((node) => couldTake(node, wish, cached))
      .map((node) => ({
        ...{ node: node.name, cpu: cpu - freeCpu(node), memoryMiB: memoryMiB - freeMemory(node) },
      }));
  }

  private search(query: Query, facts: FleetFacts): Ranked[] {
    const ceiling = OTHER_TERMS.reduce((sum, term) => sum + term.weight * term.most(facts), 0);
    const best: Ranked[] = [];
    const first = this.gaining(facts, query.image?.few ?? []);
    for (const node of first) this.ask(node, query, facts, best);
    let asked = 0;
    for (let limit = FIRST_LIST; ; limit *= LONGER) {
      const list = shortlist(query, limit);
      for (; asked < list.slots.length; asked += 1) {
        const worst = best[BEST_NODES - 1]?.points ?? Number.NEGATIVE_INFINITY;
        if (worst + SLACK >= list.points[asked]! + ceiling) return best;
        const node = this.nodes[list.slots[asked]!]!;
        if (!first.has(node)) this.ask(node, query, facts, best);
      }
      if (list.slots.length < limit) return best;
    }
  }

  /** Nodes that a term may give more than the list knows of. */
  private gaining(facts: FleetFacts, few: Iterable<number>): ReadonlySet<FleetNode> {
    const names = OTHER_TERMS.flatMap((term) => [...(term.gains?.(facts) ?? [])]);
    const slots = [...few, ...names.map((name) => this.slots.get(name) ?? -1)];
    return new Set(slots.flatMap((slot) => this.nodes[slot] ?? []));
  }

  private ask(node: FleetNode, { wish }: Query, facts: FleetFacts, best: Ranked[]): void {
    if (firstRefusal(node, wish, facts) !== undefined) return;
    const points = pointsOf(node, wish, facts, this.policy);
    const isBetter = (other: Ranked): boolean =>
      points > other.points + SLACK ||
      (points >= other.points - SLACK && byName(node.name, other.node.name) < 0);
    const at = best.findIndex(isBetter);
    best.splice(at === -1 ? best.length : at, 0, { node, points });
    if (best.length > BEST_NODES) best.pop();
  }

  private factsOf(wish: Wish, known: KnownOfService): FleetFacts {
    const key = serviceKey(wish.appId, wish.service);
    const counts = [...(this.services.get(key) ?? [])].map(
      (node) => [node.zone, node.instances.get(key)?.count ?? 0] as const,
    );
    const zoned = this.zoneNumbers.values.flatMap((zone) => zone ?? []);
    const nodesOf = (service: string): ReadonlySet<string> =>
      new Set([...(this.services.get(serviceKey(wish.appId, service)) ?? [])].map(({ name }) => name));
    return { ...known, key, ...zoneFacts(zoned, counts), mix: this.mixed.mix, nodesOf };
  }

  private queryOf(wish: Wish, facts: FleetFacts): Query {
    const appraisals = this.arranged();
    return {
      ...{ wish, columns: this.columns, blocks: appraisals.blocks },
      ...{ quantityFilters: QUANTITY_FILTERS, diskFilter: DISK_FILTER },
      appraisal: appraisals.of({ ...wish.resources, port: wish.needsPort !== false }, facts.mix),
      kindRefusedBy: Uint8Array.from(this.kinds.values, (node) =>
        node === undefined ? 0 : firstOfKind(node, wish, facts),
      ),
      slotRefusedBy: this.slotRefusedBy(wish, facts),
      image: this.imageRoom(wish, facts),
      zoneSkew: Float64Array.from(this.zoneNumbers.values, (zone) =>
        zone === undefined ? 0 : (facts.inZone.get(zone) ?? 0) - facts.fewestInZone,
      ),
    };
  }

  private imageRoom({ imageLayers }: Wish, { imageNodes = new Set() }: FleetFacts): ImageRoom | undefined {
    if (imageLayers === undefined) return undefined;
    const room = this.images.of(imageLayers);
    if (room === undefined) return undefined;
    // They have it, whatever was measured there last.
    const there = [...imageNodes].flatMap((name) => this.slots.get(name) ?? []);
    const unseen = there.filter((slot) => room.missing[slot] !== 0);
    if (unseen.length === 0) return room;
    const missing = room.missing.slice();
    for (const slot of unseen) missing[slot] = 0;
    return { ...room, missing };
  }

  private slotRefusedBy(wish: Wish, facts: FleetFacts): Uint8Array | undefined {
    const concerned = filters.filter(({ concerns }) => concerns?.(wish) ?? false);
    if (concerned.length === 0) return undefined;
    const cached = { ...facts, nodesOf: cachedSets(facts.nodesOf) };
    const refusedBy = new Uint8Array(this.nodes.length);
    for (const filter of concerned) {
      const by = filters.indexOf(filter) + 1;
      for (const [slot, node] of this.nodes.entries())
        if (refusedBy[slot] === 0 && filter.refuses(node, wish, cached)) refusedBy[slot] = by;
    }
    return refusedBy;
  }

  /** Of the first nodes by name: an answer has room for so many. */
  private refusals(wish: Wish, facts: FleetFacts) {
    const first = this.firstByName.flatMap((name) => this.nodes[this.slots.get(name)!] ?? []);
    const cached = { ...facts, nodesOf: cachedSets(facts.nodesOf) };
    return refusalsOf(
      wish,
      first.map((node) => [node, firstRefusal(node, wish, cached) ?? 0] as const),
    );
  }

  private change(name: string, taken: Taken, sign: 1 | -1, { hasRun } = { hasRun: true }): void {
    const slot = this.slots.get(name);
    if (slot === undefined) return;
    const node = this.nodes[slot]!;
    const { service } = taken;
    this.mixed.addService(node, service, -1);
    node.change(taken, sign);
    if (!hasRun && node.youngCpu !== undefined) node.youngCpu -= taken.cpu;
    this.mixed.addService(node, service, 1);
    this.mixed.reserve(taken, sign);
    if (node.instances.has(service)) this.remember(service, node);
    else this.forgetService(service, node);
    this.write(slot);
  }

  private write(slot: number): void {
    const isOther = this.columns.write(slot, this.nodes[slot]!, this.mixed.mix);
    if (isOther) this.appraisals?.blocks.changed(slot);
  }

  private remember(service: string, node: FleetNode): void {
    const nodes = this.services.get(service);
    if (nodes === undefined) this.services.set(service, new Set([node]));
    else nodes.add(node);
  }

  private forget(slot: number): void {
    const node = this.nodes[slot]!;
    this.kinds.remove(this.columns.kind[slot]!);
    this.zoneNumbers.remove(this.columns.zone[slot]!);
    this.mixed.add(node, -1);
    for (const service of node.instances.keys()) this.forgetService(service, node);
  }

  private forgetService(service: string, node: FleetNode): void {
    const nodes = this.services.get(service);
    nodes?.delete(node);
    if (nodes?.size === 0) this.services.delete(service);
  }

  private arranged(): Appraisals {
    if (!this.isRanked) this.rankByName();
    const { columns } = this;
    return (this.appraisals ??= new Appraisals(columns, new Blocks(this.nodes.length, columns), this.policy));
  }

  /** After the mix has changed; `spread` does not go by it. */
  private renewWaste(): void {
    if (this.policy === 'spread') return;
    this.columns.writeWaste(this.nodes.length, this.mixed.mix);
    this.appraisals?.blocks.allChanged();
  }

  private rankByName(): void {
    const names = this.nodes.map(({ name }) => name).sort(byName);
    for (const [rank, name] of names.entries()) this.columns.rank[this.slots.get(name)!] = rank;
    this.firstByName = names.slice(0, MOST_REFUSALS);
    this.isRanked = true;
  }
}

const hasOtherLayers = (before: Candidate, { measured, architecture }: Candidate): boolean =>
  before.measured?.layers !== measured?.layers || before.architecture !== architecture;

/** Nodes with the same text are alike to all filters that ask for the kind. */
const kindOf = ({ state, zone, architecture, labels = {} }: Candidate): string =>
  JSON.stringify([state, zone, architecture, Object.entries(labels).sort(([a], [b]) => byName(a, b))]);

function firstOfKind(node: Candidate, wish: Wish, facts: FleetFacts): number {
  for (const [index, filter] of filters.entries())
    if (filter.asks === 'kind' && filter.refuses(node, wish, facts)) return index + 1;
  return 0;
}

function cachedSets(of: FleetFacts['nodesOf']): FleetFacts['nodesOf'] {
  const sets = new Map<string, ReadonlySet<string>>();
  return (service) => {
    const known = sets.get(service) ?? of(service);
    sets.set(service, known);
    return known;
  };
}
