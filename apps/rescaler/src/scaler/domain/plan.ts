import { checkCores } from '../../pinning/domain/core-map.js';
import type { ContainerStructure } from '../../structures/domain/structure.js';
import type { LimitWish } from '../../structures/domain/wish.js';
import { accountHost } from './account.js';
import { changesOf } from './changes.js';
import type { BoundsChange, PlanHost, PlanInput, Verdict } from './planned.js';
import { type Room, type Step, stepped } from './room.js';
import { deduplicated, inOrder } from './wishes.js';

/**
 * Plans all wishes for one host: what fits is planned, the rest is refused with its reason, and one wish that makes no
 * sense stops no other. Both halves of a swap are planned, or neither. The core map is compared with what the node really
 * has first, and what is wrong there is put right by the same plan.
 */
export const planHost: PlanHost = (input) => {
  const { containers, inFlight = [] } = input;
  const host = accountHost(input.host, containers, inFlight);
  const checked = host.cores && checkCores(host.cores, containers.flatMap(pinnedOf));
  const start: Room = {
    containers: new Map(containers.map((container) => [container.id, container])),
    free: Object.fromEntries(
      Object.entries(host.resources).map(([resource, { free }]) => [resource, Math.max(0, free)]),
    ),
    ...(checked && { cores: checked.map }),
  };
  const { room, verdicts } = planned(start, input);
  const after = [...room.containers.values()];
  const plan = { host: host.name, ...changesOf(containers, start, room, checked?.repairs ?? []) };
  const account = accountHost({ ...host, ...(room.cores && { cores: room.cores }) }, after, inFlight);
  return { plan, host: account, containers: after, bounds: boundsOf(containers, room), verdicts };
};

/** A container that is stopped keeps its limits, but holds no core. */
const pinnedOf = ({ id, resources, cpuset, isRunning }: ContainerStructure) =>
  resources.cpu === undefined || !isRunning
    ? []
    : [{ id, shares: resources.cpu.current, ...(cpuset !== undefined && { cpuset }) }];

function planned(start: Room, input: PlanInput): { room: Room; verdicts: readonly Verdict[] } {
  const { kept, dropped } = deduplicated(input.wishes);
  const verdicts: Verdict[] = dropped.map((wish) => refused(start, wish, 'older'));
  const isDown = (wish: LimitWish): boolean => wish.target < valueOf(start, wish);
  /** Structures whose swap failed: later swaps of the same look build on it. */
  const failed = new Set<string>();
  const done = new Set<LimitWish>();
  let room = start;
  const ordered = inOrder(kept, isDown);
  for (const wish of ordered) {
    if (done.has(wish)) continue;
    if (wish.pair === undefined) {
      const step = isAgainstBudget(wish, isDown(wish), input) ? undefined : stepped(room, wish);
      verdicts.push(step === undefined ? refused(room, wish, 'budget') : verdictOf(room, wish, step));
      room = step?.room ?? room;
      continue;
    }
    const other = ordered.find((each) => isOtherHalf(wish, each) && !done.has(each));
    const swap = swapped(room, wish, other, failed);
    room = swap.room;
    verdicts.push(...swap.verdicts);
    for (const half of [wish, other]) if (half !== undefined) done.add(half);
  }
  return { room, verdicts };
}

const isOtherHalf = (wish: LimitWish, other: LimitWish): boolean =>
  other.structure === wish.pair &&
  other.pair === wish.structure &&
  other.resource === wish.resource &&
  other.field === wish.field;

interface Swap {
  readonly room: Room;
  readonly verdicts: readonly Verdict[];
}

function swapped(room: Room, first: LimitWish, second: LimitWish | undefined, failed: Set<string>): Swap {
  const halves = second === undefined ? [first] : [first, second];
  const keys = halves.map(({ structure, resource, field }) => `${structure} ${resource} ${field}`);
  const one = stepped(room, first);
  const two = second && stepped(one.room, second);
  const isPossible = !keys.some((key) => failed.has(key)) && one.isWhole && two?.isWhole === true;
  if (isPossible && second !== undefined)
    return { room: two.room, verdicts: [verdictOf(room, first, one), verdictOf(one.room, second, two)] };
  for (const key of keys) failed.add(key);
  const reason = (step: Step | undefined) =>
    step === undefined || step.isWhole ? ('pair' as const) : step.constraint;
  const steps = [one, two];
  return { room, verdicts: halves.map((half, index) => refused(room, half, reason(steps[index]))) };
}

/** A wish for CPU that was made for another power budget: more CPU while the budget fell, or less while it rose. */
function isAgainstBudget(wish: LimitWish, isDown: boolean, { powerBudgets = {} }: PlanInput): boolean {
  const now = powerBudgets[wish.structure];
  if (wish.powerBudget === undefined || now === undefined) return false;
  return isDown ? now > wish.powerBudget : now < wish.powerBudget;
}

const valueOf = ({ containers }: Room, { structure, resource, field }: LimitWish): number =>
  containers.get(structure)?.resources[resource]?.[field] ?? 0;

function verdictOf(before: Room, wish: LimitWish, { target, constraint }: Step): Verdict {
  const isPlanned = target !== valueOf(before, wish);
  // What already limited the wish is not hidden by a plan that gave all of it.
  const because = constraint === 'target' ? wish.because.constraint : constraint;
  return { wish, target, isPlanned, because: { ...wish.because, target, constraint: because } };
}

function refused(room: Room, wish: LimitWish, constraint: Step['constraint']): Verdict {
  const target = valueOf(room, wish);
  return { wish, target, isPlanned: false, because: { ...wish.because, target, constraint } };
}

function boundsOf(before: readonly ContainerStructure[], room: Room): readonly BoundsChange[] {
  return before.flatMap(({ id, resources }) =>
    Object.entries(room.containers.get(id)?.resources ?? {}).flatMap(([name, state]) => {
      const resource = name as keyof typeof resources;
      return state.max === resources[resource]?.max ? [] : [{ structure: id, resource, max: state.max }];
    }),
  );
}
