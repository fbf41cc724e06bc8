/**
 * - `up`: its instances get more CPU or memory. `out`: one more instance. `move`: an instance goes to a larger node.
 * - `down`: limits go down. `in`: an instance goes. `stay`: nothing.
 */
export type Direction = 'up' | 'out' | 'move' | 'down' | 'in' | 'stay';

/**
 * Why: `room` on its nodes; `node-full`, `limit-max`: no more on its nodes, or for an instance; `count-max`: no more
 * instances; `nowhere`: nor a larger node; `rest`: the other way was gone a moment ago; `rollout`: nothing goes meanwhile;
 * `fits`: the others can carry it; `steady`.
 */
export type DirectionReason =
  'room' | 'node-full' | 'limit-max' | 'count-max' | 'nowhere' | 'rest' | 'rollout' | 'fits' | 'steady';

export interface InstanceRoom {
  readonly id: string;
  /** Shares of its limit now, what it wants of it by its policy, and its bounds. */
  readonly current: number;
  readonly wanted: number;
  readonly min: number;
  readonly max: number;
  readonly usage?: number;
  /** Shares that its node has free. */
  readonly free: number;
  /** The most that a node which could take it has free; absent: none could. */
  readonly elsewhere?: number;
}

export interface DirectionInput {
  readonly instances: readonly InstanceRoom[];
  /** How many instances the autoscaler wants, and its bounds. Absent: the service does not scale out. */
  readonly count?: { readonly wanted: number; readonly min: number; readonly max: number };
  readonly isRollingOut: boolean;
  readonly state: DirectionState;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** So long after a step to more nothing goes, and the other way round. */
  readonly restMs: number;
}

export interface DirectionState {
  /** When a step to more (up, out, move) or to less (down, in) was taken last. */
  readonly moreAt?: number;
  readonly lessAt?: number;
}

export interface DirectionResult {
  readonly direction: Direction;
  readonly because: DirectionReason;
  /** The instances that are concerned. */
  readonly instances: readonly string[];
  /** How many instances there are to be. */
  readonly count: number;
  readonly state: DirectionState;
}

type Choice = Pick<DirectionResult, 'direction' | 'because'> & {
  readonly instances?: readonly string[];
  readonly count?: number;
};

/**
 * One decision for both directions. More: limits rise while the nodes have room; then an instance is added; then the one
 * that is held back is wished onto a larger node. Less: first an instance goes if the others can carry its load within their
 * bounds, then limits fall. Never both against each other: while one way is gone, and for `restMs` after it, the other is not.
 */
export function direct(input: DirectionInput): DirectionResult {
  const { instances, state, now } = input;
  const choice = more(input) ?? less(input) ?? { direction: 'stay', because: 'steady' };
  const isMore = ['up', 'out', 'move'].includes(choice.direction);
  const isLess = ['down', 'in'].includes(choice.direction);
  return {
    ...{ direction: choice.direction, because: choice.because, instances: choice.instances ?? [] },
    count: choice.count ?? instances.length,
    state: { ...state, ...(isMore && { moreAt: now }), ...(isLess && { lessAt: now }) },
  };
}

function more({ instances, count }: DirectionInput): Choice | undefined {
  const pressed = instances.filter(({ wanted, current }) => wanted > current);
  const wantsOut = count !== undefined && count.wanted > instances.length;
  if (pressed.length === 0 && !wantsOut) return undefined;
  // Load that asks for more instances is load that larger ones can take, too.
  const first = pressed.length > 0 ? pressed : instances;
  const able = first.filter(({ current, max, free }) => current < max && free > 0);
  if (able.length > 0 && pressed.length > 0)
    return { direction: 'up', because: 'room', instances: idsOf(able) };
  const isAtMax = first.every(({ current, max }) => current >= max);
  if (count !== undefined && instances.length < count.max) {
    const wanted = Math.max(instances.length + 1, Math.min(count.wanted, count.max));
    return { direction: 'out', because: isAtMax ? 'limit-max' : 'node-full', count: wanted };
  }
  const movable = pressed.filter(
    ({ current, max, free, elsewhere = 0 }) => current < max && elsewhere > current + free,
  );
  if (movable.length > 0)
    return {
      direction: 'move',
      because: count ? 'count-max' : 'node-full',
      instances: idsOf(movable.slice(0, 1)),
    };
  return { direction: 'stay', because: isAtMax ? (count ? 'count-max' : 'limit-max') : 'nowhere' };
}

function less({ instances, count, isRollingOut, state, now, restMs }: DirectionInput): Choice | undefined {
  const loose = instances.filter(({ wanted, current }) => wanted < current);
  const wantsIn = count !== undefined && count.wanted < instances.length && instances.length > count.min;
  if (loose.length === 0 && !wantsIn) return undefined;
  if (state.moreAt !== undefined && now - state.moreAt < restMs)
    return { direction: 'stay', because: 'rest' };
  if (wantsIn && isRollingOut) return { direction: 'stay', because: 'rollout' };
  if (wantsIn && fits(instances)) return { direction: 'in', because: 'fits', count: instances.length - 1 };
  return loose.length === 0
    ? { direction: 'stay', because: 'steady' }
    : { direction: 'down', because: 'steady', instances: idsOf(loose) };
}

/** Whether all but one can carry what all use, within their bounds and the room of their nodes. Unknown use: no. */
function fits(instances: readonly InstanceRoom[]): boolean {
  const usages = instances.flatMap(({ usage }) => usage ?? []);
  if (usages.length < instances.length || instances.length < 2) return false;
  const most = instances.map(({ current, max, free }) => Math.min(max, current + free));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return sum(usages) <= sum(most) - Math.max(...most);
}

const idsOf = (instances: readonly InstanceRoom[]): readonly string[] => instances.map(({ id }) => id);
