import { cpusetOf } from '../../pinning/domain/core-map.js';
import type { ContainerStructure, LimitedResource } from '../../structures/domain/structure.js';
import type { LimitChange, LimitPlan, Limits } from '../../structures/domain/wish.js';
import type { Room } from './room.js';

const LIMITED = [
  'cpu',
  'memory',
  'diskRead',
  'diskWrite',
  'network',
] as const satisfies readonly LimitedResource[];

interface Change {
  readonly container: string;
  readonly limits: Limits;
  readonly before: Limits;
  /** 0: all go down; 1: some do; 2: all go up. */
  readonly rank: number;
}

/**
 * What is different after a plan, one change a container: quota and cpuset always go together, so that a node applies both
 * or neither. What goes down comes first, so that nothing is given before it was taken.
 */
export function changesOf(
  containers: readonly ContainerStructure[],
  start: Room,
  after: Room,
  repairs: readonly { readonly container: string }[],
): Pick<LimitPlan, 'changes' | 'undo'> {
  const repaired = new Set(repairs.map(({ container }) => container));
  const changes = containers
    .flatMap((container) => changeOf(container, start, after, repaired.has(container.id)) ?? [])
    .sort((a, b) => a.rank - b.rank);
  return {
    changes: changes.map(({ container, limits }): LimitChange => ({ container, limits })),
    undo: changes.map(({ container, before }) => ({ container, limits: before })).reverse(),
  };
}

function changeOf(
  container: ContainerStructure,
  start: Room,
  after: Room,
  isRepaired: boolean,
): Change | undefined {
  const now = after.containers.get(container.id) ?? container;
  const limits: Partial<Record<LimitedResource, number>> & { cpuset?: string } = {};
  const before: Partial<Record<LimitedResource, number>> & { cpuset?: string } = {};
  const rises: boolean[] = [];
  for (const resource of LIMITED) {
    const from = container.resources[resource]?.current;
    const to = now.resources[resource]?.current;
    if (from === undefined || to === undefined || from === to) continue;
    limits[resource] = to;
    before[resource] = from;
    rises.push(to > from);
  }
  pinAlso(container, start, after, isRepaired, limits, before);
  if (Object.keys(limits).length === 0) return undefined;
  const rank = rises.every(Boolean) ? 2 : rises.some(Boolean) ? 1 : 0;
  return { container: container.id, limits, before, rank };
}

interface Writable {
  cpu?: number;
  cpuset?: string;
}

function pinAlso(
  { id, cpuset, resources }: ContainerStructure,
  start: Room,
  after: Room,
  isRepaired: boolean,
  limits: Writable,
  before: Writable,
): void {
  if (start.cores === undefined || after.cores === undefined || resources.cpu === undefined) return;
  const [from, to] = [cpusetOf(start.cores, id), cpusetOf(after.cores, id)];
  if (to === '' || (from === to && limits.cpu === undefined && !isRepaired)) return;
  limits.cpuset = to;
  limits.cpu ??= resources.cpu.current;
  before.cpu ??= resources.cpu.current;
  const known = cpuset ?? from;
  if (known !== '') before.cpuset = known;
}
