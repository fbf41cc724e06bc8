import { type ImageLayers, LAYER_NAME_LENGTH } from '#libs/contracts';
import { Fleet } from '../../../apps/load-balancer/src/placement/domain/fleet.js';
import { LayerSet } from '../../../apps/load-balancer/src/placement/domain/layer-set.js';
import {
  type Policy,
  serviceKey,
  type Wish,
} from '../../../apps/load-balancer/src/placement/domain/place.js';
import type { Arena } from './arena.js';
import { seeded } from './random.js';
import type { SimInstance, SimNode } from './workload.js';

/** Chooses nodes by a rule; whether the instance fits is part of it. */
export interface Scheduler {
  readonly name: string;
  /** The index of a node; undefined where it finds none that fits. */
  choose(instance: SimInstance): number | undefined;
  taken?(node: number, instance: SimInstance): void;
  given?(node: number, instance: SimInstance): void;
  lost?(node: number): void;
}

/** The node that fits and has the most points; of equal ones the first. */
function best(arena: Arena, instance: SimInstance, points: (node: number) => number): number | undefined {
  let found: number | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (let node = 0; node < arena.count; node += 1) {
    if (!arena.fits(node, instance)) continue;
    const own = points(node);
    if (own > most) [most, found] = [own, node];
  }
  return found;
}

/** Any node that fits, each as likely as the others. */
export function random(arena: Arena): Scheduler {
  const next = seeded(11);
  return {
    name: 'random',
    choose(instance) {
      let fitting = 0;
      let found: number | undefined;
      for (let node = 0; node < arena.count; node += 1)
        if (arena.fits(node, instance) && next() * (fitting += 1) < 1) found = node;
      return found;
    },
  };
}

/** The next node that fits, round and round. */
export function roundRobin(arena: Arena): Scheduler {
  let turn = 0;
  return {
    name: 'round robin',
    choose(instance) {
      for (let step = 0; step < arena.count; step += 1) {
        const node = (turn + step) % arena.count;
        if (!arena.fits(node, instance)) continue;
        turn = node + 1;
        return node;
      }
      return undefined;
    },
  };
}

/** The fewest tasks of the service, then the fewest in all (SwarmKit, manager/scheduler/scheduler.go, nodeLess). */
export function leastContainers(arena: Arena): Scheduler {
  return {
    name: 'Swarm',
    choose(instance) {
      const own = arena.ofService(instance.service);
      return best(arena, instance, (node) => -(own.get(node) ?? 0) * 1e9 - arena.instances[node]!);
    },
  };
}

const freeShares = (arena: Arena, node: number, { cpu, memoryMiB }: SimInstance) => ({
  cpu: 1 - (arena.usedCpu[node]! + cpu) / arena.cpu[node]!,
  memory: 1 - (arena.usedMemory[node]! + memoryMiB) / arena.memory[node]!,
});

const clamped = (value: number, least: number, most: number): number =>
  Math.min(most, Math.max(least, value));

/**
 * Nomad's binpack or spread, normalised to 0 to 1, with job anti-affinity: nomad/structs/funcs.go, ScoreFitBinPack
 * `20 - (10^freeCpu + 10^freeMemory)` and ScoreFitSpread `10^freeCpu + 10^freeMemory - 2`, both clamped to 0 to 18;
 * scheduler/rank.go, JobAntiAffinityIterator `-(collisions + 1) / desired`; the mean of the terms that apply. Every node
 * is scored here, where Nomad scores log2 n of them.
 */
export function nomad(
  arena: Arena,
  algorithm: 'binpack' | 'spread',
  replicas: (service: number) => number,
): Scheduler {
  return {
    name: `Nomad ${algorithm}`,
    choose(instance) {
      const own = arena.ofService(instance.service);
      const desired = replicas(instance.service);
      return best(arena, instance, (node) => {
        const free = freeShares(arena, node, instance);
        const total = 10 ** free.cpu + 10 ** free.memory;
        const fit = clamped(algorithm === 'binpack' ? 20 - total : total - 2, 0, 18) / 18;
        const collisions = own.get(node) ?? 0;
        return collisions === 0 ? fit : (fit - (collisions + 1) / desired) / 2;
      });
    },
  };
}

/**
 * Kubernetes' LeastAllocated, the mean of the free shares (kube-scheduler, NodeResourcesFit), or BalancedAllocation,
 * `1 - std` of the used shares (NodeResourcesBalancedAllocation; of two shares the std is half their difference). Every
 * node is scored, where kube-scheduler scores 5 to 50 percent of a large cluster.
 */
export function kubernetes(arena: Arena, plugin: 'LeastAllocated' | 'BalancedAllocation'): Scheduler {
  return {
    name: `Kubernetes ${plugin}`,
    choose: (instance) =>
      best(arena, instance, (node) => {
        const free = freeShares(arena, node, instance);
        return plugin === 'LeastAllocated'
          ? (free.cpu + free.memory) / 2
          : 1 - Math.abs(free.cpu - free.memory) / 2;
      }),
  };
}

const keyOf = (service: number): string => serviceKey('sim', `s${service}`);

/** On the nodes of a fleet that is measured, others use up to this share of the CPU. */
const MOST_USED = 0.3;

const BASES = 5;
const LAYERS_OF_BASE = 5;
const OWN_LAYERS = 7;
/** On a node with room for any image. */
const FREE_DISK_GB = 50;

const layersOfBase = (base: number): readonly string[] =>
  Array.from({ length: LAYERS_OF_BASE }, (_, layer) => `base${base}${layer}`);

/** The image of each service, as its requests have it. */
class Images {
  private readonly known = new Map<number, ImageLayers>();

  of(service: number): ImageLayers {
    const image = this.known.get(service) ?? imageOf(service);
    this.known.set(service, image);
    return image;
  }
}

/** Of a base that many services have, and layers of its own. */
function imageOf(service: number): ImageLayers {
  const own = Array.from({ length: OWN_LAYERS }, (_, layer) => `${layer}${String(service).padStart(5, '0')}`);
  const names = [...layersOfBase(service % BASES), ...own.map((name) => name.slice(0, LAYER_NAME_LENGTH))];
  return { architecture: 'amd64', layers: names.map((name) => ({ name, bytes: 10_000_000 })) };
}

/** Each base is on every second node. */
const someLayers = (chance: () => number): LayerSet =>
  new LayerSet(
    Array.from({ length: BASES }, (_, base) => (chance() < 0.5 ? layersOfBase(base).join('') : '')).join(''),
  );

/**
 * The load balancer's own placement, as it decides in production. `isMeasured`: agents say that others use CPU on each
 * node, as much as chance wants, which layers of images it has, and how much of its disk is free. Memory of others would be
 * room that the other schedulers have.
 */
export function slipway(
  nodes: readonly SimNode[],
  policy: Policy,
  isMeasured = false,
): Scheduler & { readonly fleet: Fleet } {
  const fleet = new Fleet(policy);
  const chance = seeded(6);
  const images = new Images();
  const numbers = new Map(nodes.map(({ name }, index) => [name, index]));
  const ports: { firstPort: number; lastPort: number } = { firstPort: 20_000, lastPort: 29_999 };
  for (const { name, zone, cpu, memoryMiB } of nodes)
    fleet.set({
      ...{ name, zone, state: 'ready', total: { cpu, memoryMiB }, reserved: { cpu: 0, memoryMiB: 0 } },
      ...{ ...ports, takenPorts: new Set(), instances: new Map() },
      ...(isMeasured && {
        measured: {
          ...{ machine: { cpu, memoryMiB }, others: { cpu: chance() * MOST_USED * cpu, memoryMiB: 0 } },
          ...{ freeDisk: FREE_DISK_GB, layers: someLayers(chance) },
        },
      }),
    });
  const nameOf = (node: number): string => nodes[node]?.name ?? '';
  const takenOf = ({ service, cpu, memoryMiB }: SimInstance) => ({ service: keyOf(service), cpu, memoryMiB });
  return {
    ...{ name: `Slipway ${policy}${isMeasured ? ', measured' : ''}`, fleet },
    choose(instance) {
      const imageLayers = isMeasured ? images.of(instance.service) : undefined;
      const { place } = fleet.place({ ...wishOf(instance), imageLayers });
      return place && numbers.get(place.node);
    },
    taken: (node, instance) => fleet.take(nameOf(node), takenOf(instance)),
    given: (node, instance) => fleet.give(nameOf(node), takenOf(instance)),
    lost: (node) => fleet.remove(nameOf(node)),
  };
}

/** What an instance asks of Slipway. */
export const wishOf = ({ service, cpu, memoryMiB }: SimInstance): Wish => ({
  ...{
    appId: 'sim',
    service: `s${service}`,
    resources: { cpu, memoryMiB },
    avoidNodes: [],
    needsPort: false,
  },
});
