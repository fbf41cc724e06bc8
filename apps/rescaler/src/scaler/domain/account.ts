import {
  type ContainerStructure,
  type HostStructure,
  RESOURCES,
  type Resource,
} from '../../structures/domain/structure.js';
import type { LimitPlan } from '../../structures/domain/wish.js';

type Held = Readonly<Partial<Record<Resource, number>>>;

/**
 * The host with `free` computed from what its containers really have. Nothing is added up over time, so that no failed plan
 * can put it off by one share. A limit that a plan without an answer may have raised or lowered counts at the larger value.
 */
export function accountHost(
  host: HostStructure,
  containers: readonly ContainerStructure[],
  inFlight: readonly LimitPlan[] = [],
): HostStructure {
  const held = heldOn(containers, inFlight);
  const resources: Partial<Record<Resource, { max: number; free: number }>> = {};
  for (const resource of RESOURCES) {
    const own = host.resources[resource];
    if (own !== undefined) resources[resource] = { max: own.max, free: freeOf(host, resource, held) };
  }
  return { ...host, resources };
}

function heldOn(containers: readonly ContainerStructure[], inFlight: readonly LimitPlan[]): Held {
  const planned = plannedLimits(inFlight);
  const held: Partial<Record<Resource, number>> = {};
  for (const { id, resources } of containers)
    for (const resource of RESOURCES) {
      const own = resources[resource];
      if (own === undefined) continue;
      const most = Math.max(own.current, planned.get(`${id} ${resource}`) ?? 0);
      held[resource] = (held[resource] ?? 0) + most;
    }
  return held;
}

function plannedLimits(inFlight: readonly LimitPlan[]): ReadonlyMap<string, number> {
  const most = new Map<string, number>();
  for (const { changes } of inFlight)
    for (const { container, limits } of changes)
      for (const resource of RESOURCES) {
        const limit = resource === 'energy' ? undefined : limits[resource];
        const key = `${container} ${resource}`;
        if (limit !== undefined) most.set(key, Math.max(limit, most.get(key) ?? 0));
      }
  return most;
}

/**
 * A disk reads and writes with the same heads: what is free for either is `max(read, write) - used for reading - used for
 * writing`, as ServerlessContainers has it, and no more than its own `max` leaves. Negative: more is held than there is.
 */
function freeOf({ resources }: HostStructure, resource: Resource, held: Held): number {
  const own = (resources[resource]?.max ?? 0) - (held[resource] ?? 0);
  if (resource !== 'diskRead' && resource !== 'diskWrite') return own;
  const both = Math.max(resources.diskRead?.max ?? 0, resources.diskWrite?.max ?? 0);
  return Math.min(own, both - (held.diskRead ?? 0) - (held.diskWrite ?? 0));
}
