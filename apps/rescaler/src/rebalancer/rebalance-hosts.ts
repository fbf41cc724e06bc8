import type { Explained } from '../rescaling/domain/look.js';
import { SLICE } from '../scaler/domain/slices.js';
import type { ContainerStructure, Resource } from '../structures/domain/structure.js';
import type { LimitWish } from '../structures/domain/wish.js';
import { booked, type Ledger } from './domain/ledger.js';
import { defaultRebalance, type Participant, rebalance } from './domain/rebalance.js';
import type { Swap } from './domain/swaps.js';

/** As ServerlessContainers: it looks every ten seconds. */
const EVERY_MS = 10_000;
const RESOURCES: readonly Resource[] = ['cpu', 'memory'];
/** Before what policies wish. */
const PRIORITY = 1;

interface HostMemory {
  lookedAt: number;
  /** By application and resource. */
  readonly ledgers: Map<string, Ledger>;
  /** Those that were wished for last, by application and resource. */
  readonly wished: Map<string, readonly Swap[]>;
}

/** Moves limits between containers of one application on one host, where somebody has said that they give to each other. */
export class RebalanceHosts {
  private readonly hosts = new Map<string, HostMemory>();

  constructor(private readonly parts: { isRebalanced(application: string): boolean }) {}

  wishes(host: string, containers: readonly ContainerStructure[], now: number): readonly LimitWish[] {
    const memory = this.hosts.get(host) ?? { lookedAt: now, ledgers: new Map(), wished: new Map() };
    this.hosts.set(host, memory);
    if (now - memory.lookedAt < EVERY_MS) return [];
    memory.lookedAt = now;
    const taking = containers.filter(
      ({ application, guarded }) => guarded && this.parts.isRebalanced(application),
    );
    return [...Map.groupBy(taking, ({ application }) => application)].flatMap(([application, own]) =>
      RESOURCES.flatMap((resource) => moved(memory, `${application} ${resource}`, resource, own, now)),
    );
  }

  /** Books what is planned; what is not was nobody's. */
  settle(host: string, explained: readonly Explained[]): void {
    const memory = this.hosts.get(host);
    if (memory === undefined || memory.wished.size === 0) return;
    for (const [key, swaps] of memory.wished) {
      const planned = new Set(
        explained
          .filter(({ isPlanned, because }) => isPlanned && because.policy === 'rebalance')
          .map(({ container, because }) => `${container} ${because.resource}`),
      );
      const resource = key.slice(key.lastIndexOf(' ') + 1);
      const done = swaps.filter(
        ({ from, to }) => planned.has(`${from} ${resource}`) && planned.has(`${to} ${resource}`),
      );
      memory.ledgers.set(key, booked(memory.ledgers.get(key) ?? [], done));
    }
    memory.wished.clear();
  }

  forget(host: string): void {
    this.hosts.delete(host);
  }
}

function moved(
  { ledgers, wished }: HostMemory,
  key: string,
  resource: Resource,
  containers: readonly ContainerStructure[],
  now: number,
): readonly LimitWish[] {
  const participants = containers.flatMap((container) => participantOf(container, resource));
  if (participants.length < 2) return [];
  const ledger = ledgers.get(key) ?? [];
  const settings = defaultRebalance;
  const found = rebalance({
    ...{ resource, field: 'current', participants, settings, ledger, slice: SLICE[resource], now },
  });
  wished.set(key, found.swaps);
  return found.wishes.map((wish) => ({ ...wish, priority: PRIORITY }));
}

function participantOf({ id, resources, isRunning }: ContainerStructure, resource: Resource): Participant[] {
  const state = resources[resource];
  if (state === undefined || !state.guard) return [];
  const { current, min, max, usage } = state;
  return [
    {
      ...{ id, value: current, min, max, isRunning, rebalanced: true },
      ...(usage !== undefined && { usage }),
    },
  ];
}
