import { freeShares, pinnedTo } from '../../pinning/domain/core-map.js';
import type {
  ContainerStructure,
  CoreMap,
  Resource,
  ResourceState,
} from '../../structures/domain/structure.js';
import type { Constraint, LimitWish } from '../../structures/domain/wish.js';

/** A host in the middle of a plan. A step gives a new one, so that a swap that fails leaves the one before. */
export interface Room {
  readonly containers: ReadonlyMap<string, ContainerStructure>;
  /** Absent: nobody knows how much the host has. */
  readonly free: Readonly<Partial<Record<Resource, number>>>;
  readonly cores?: CoreMap;
}

export interface Step {
  readonly room: Room;
  readonly target: number;
  readonly constraint: Constraint;
  /** Whether the wish came true as a whole: within bounds and room. */
  readonly isWhole: boolean;
}

/** Plans one wish: as far as bounds, memory in use and the host allow. A wish that cannot be planned changes nothing. */
export function stepped(room: Room, wish: LimitWish): Step {
  const container = room.containers.get(wish.structure);
  const state = container?.resources[wish.resource];
  if (container === undefined || state === undefined || !Number.isFinite(wish.target))
    return { room, target: state?.[wish.field] ?? 0, constraint: 'missing', isWhole: false };
  const target = Math.round(wish.target);
  return wish.field === 'max'
    ? steppedMax(room, container, state, target, wish)
    : steppedCurrent(room, container, state, target, wish);
}

/** `current` moves with `max`. Where memory in use holds it up, `max` stays as high. */
function steppedMax(
  room: Room,
  container: ContainerStructure,
  state: ResourceState,
  target: number,
  wish: LimitWish,
): Step {
  const max = Math.max(target, state.min);
  const raised = { ...state, max: Math.max(max, state.current) };
  const wanted = Math.min(state.current + max - state.max, max);
  const moved = steppedCurrent(room, container, raised, Math.max(wanted, state.min), wish);
  const current = moved.room.containers.get(container.id)?.resources[wish.resource]?.current ?? state.current;
  const own = { ...raised, max: Math.max(max, current), current };
  const isWhole = own.max === target;
  const constraint = isWhole ? 'target' : own.max > max ? moved.constraint : 'min';
  const next = withState(moved.room, container, wish.resource, own);
  return { room: next, target: own.max, constraint, isWhole: isWhole && moved.isWhole };
}

function steppedCurrent(
  room: Room,
  container: ContainerStructure,
  state: ResourceState,
  target: number,
  wish: LimitWish,
): Step {
  const { resource } = wish;
  const aim = Math.min(Math.max(target, state.min), state.max);
  const limited: Constraint = target > state.max ? 'max' : target < state.min ? 'min' : 'target';
  const stay = (constraint: Constraint): Step => ({
    ...{ room, target: state.current, constraint },
    isWhole: target === state.current,
  });
  if (aim === state.current) return stay(limited === 'target' ? 'steady' : limited);
  const { to, constraint } =
    aim < state.current ? lowered(state, aim, resource) : risen(room, state, aim, resource);
  if (to === state.current) return stay(constraint ?? limited);
  const cores = resource === 'cpu' && room.cores ? pinnedTo(room.cores, container.id, to) : room.cores;
  if (resource === 'cpu' && room.cores !== undefined && cores === undefined) return stay('host');
  const free = freedBy(room, wish, state.current - to);
  const next = withState({ ...room, free, ...(cores && { cores }) }, container, resource, {
    ...state,
    current: to,
  });
  return { room: next, target: to, constraint: constraint ?? limited, isWhole: to === target };
}

interface Reached {
  readonly to: number;
  readonly constraint?: Constraint;
}

/** Memory in use cannot be taken, and where nobody knows how much that is, none is. */
function lowered(state: ResourceState, aim: number, resource: Resource): Reached {
  if (resource !== 'memory') return { to: aim };
  if (state.usage === undefined) return { to: state.current, constraint: 'missing' };
  const used = Math.ceil(state.usage);
  return aim >= used ? { to: aim } : { to: Math.min(used, state.current), constraint: 'working-set' };
}

/** What nobody knows the size of bounds nothing: but CPU and memory are never given on a guess. */
function risen(room: Room, state: ResourceState, aim: number, resource: Resource): Reached {
  const isGuess = resource === 'cpu' || resource === 'memory';
  const inAll = room.free[resource];
  if (inAll === undefined) return isGuess ? { to: state.current, constraint: 'missing' } : { to: aim };
  const onCores = resource === 'cpu' && room.cores ? freeShares(room.cores) : inAll;
  const granted = Math.max(0, Math.min(aim - state.current, inAll, onCores));
  return granted === aim - state.current ? { to: aim } : { to: state.current + granted, constraint: 'host' };
}

/** Memory that goes down may be in use after all: nobody else gets it in the same plan, but for the other half of a swap. */
function freedBy(room: Room, { resource, pair }: LimitWish, amount: number): Room['free'] {
  const before = room.free[resource];
  if (before === undefined || (resource === 'memory' && amount > 0 && pair === undefined)) return room.free;
  const free = { ...room.free, [resource]: before + amount };
  const other = resource === 'diskRead' ? 'diskWrite' : resource === 'diskWrite' ? 'diskRead' : undefined;
  const shared = other === undefined ? undefined : room.free[other];
  // One disk: what one direction takes is gone for the other. What it gives back is counted by the next look.
  return other !== undefined && shared !== undefined && amount < 0
    ? { ...free, [other]: shared + amount }
    : free;
}

function withState(room: Room, { id }: ContainerStructure, resource: Resource, state: ResourceState): Room {
  const container = room.containers.get(id);
  if (container === undefined) return room;
  const resources = { ...container.resources, [resource]: state };
  return { ...room, containers: new Map(room.containers).set(id, { ...container, resources }) };
}
