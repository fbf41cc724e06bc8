import type {
  ApplicationStructure,
  ContainerStructure,
  Resource,
  UserStructure,
} from '../../structures/domain/structure.js';
import type { Explanation, LimitWish } from '../../structures/domain/wish.js';
import type { BoundsChange, Verdict } from './planned.js';
import { type Member, SLICE, splitAmount } from './slices.js';

export interface SplitInput {
  readonly wishes: readonly LimitWish[];
  readonly users: readonly UserStructure[];
  readonly applications: readonly ApplicationStructure[];
  readonly containers: readonly ContainerStructure[];
}

export interface Split {
  /** Wishes of containers: those that came so, and those that others were split into. */
  readonly wishes: readonly LimitWish[];
  /** New `max` of users and applications. */
  readonly bounds: readonly BoundsChange[];
  /** What became of wishes of users and applications. */
  readonly verdicts: readonly Verdict[];
}

interface Scope {
  readonly wish: LimitWish;
  readonly current: number;
  readonly parts: readonly LimitWish[];
  readonly bounds: readonly BoundsChange[];
  readonly constraint: Explanation['constraint'];
}

/**
 * Splits wishes for users into wishes for their applications, and these into wishes for containers: in slices, so that who
 * needs most gets most and nobody falls below `min`. Of swaps both halves are split as a whole, or neither.
 */
export function splitWishes(input: SplitInput): Split {
  const scopes = input.wishes.flatMap((wish) => scopeOf(wish, input) ?? []);
  const bySwap = new Map(scopes.map((scope) => [scope.wish.structure + scope.wish.resource, scope]));
  const isPossible = ({ wish, constraint }: Scope): boolean => {
    if (constraint === 'missing') return false;
    if (wish.pair === undefined) return true;
    const other = bySwap.get(wish.pair + wish.resource);
    return constraint === 'target' && other?.constraint === 'target' && other.wish.pair === wish.structure;
  };
  const split = new Set(scopes.map(({ wish }) => wish));
  const done = scopes.filter(isPossible);
  return {
    wishes: [...input.wishes.filter((wish) => !split.has(wish)), ...done.flatMap(({ parts }) => parts)],
    bounds: done.flatMap(({ bounds }) => bounds),
    verdicts: scopes.map((scope) => verdictOf(scope, isPossible(scope))),
  };
}

function verdictOf({ wish, bounds, current, constraint }: Scope, isPlanned: boolean): Verdict {
  const target = isPlanned ? (bounds[0]?.max ?? current) : current;
  const reason = isPlanned || constraint !== 'target' ? constraint : 'pair';
  return { wish, target, isPlanned, because: { ...wish.because, target, constraint: reason } };
}

/** Undefined: the wish of a container. */
function scopeOf(wish: LimitWish, input: SplitInput): Scope | undefined {
  const user = input.users.find(({ id }) => id === wish.structure);
  if (user !== undefined) return splitUser(wish, user, input);
  const application = input.applications.find(({ id }) => id === wish.structure);
  return application && splitApplication(wish, application, input, 'application');
}

function splitUser(wish: LimitWish, user: UserStructure, input: SplitInput): Scope {
  const own = user.resources[wish.resource];
  const members = input.applications.filter(({ id }) => user.applications.includes(id));
  if (own === undefined || wish.field !== 'max') return nothing(wish);
  const target = Math.max(wish.target, own.min);
  const shares = splitAmount(
    target - own.max,
    members.flatMap(({ id, resources, state }) =>
      memberOf(id, resources[wish.resource], state !== 'running'),
    ),
    SLICE[wish.resource],
  );
  const parts = members.flatMap((application) => {
    const amount = shares.get(application.id) ?? 0;
    const max = application.resources[wish.resource]?.max ?? 0;
    if (amount === 0) return [];
    const { pair: _, ...alone } = wish;
    return splitApplication(
      { ...alone, structure: application.id, target: max + amount },
      application,
      input,
      'user',
    );
  });
  const reached =
    own.max + parts.reduce((sum, part) => sum + (part.bounds[0]?.max ?? part.current) - part.current, 0);
  return {
    ...{ wish, current: own.max, parts: parts.flatMap((part) => part.parts) },
    bounds: [
      { structure: user.id, resource: wish.resource, max: reached },
      ...parts.flatMap((part) => part.bounds),
    ],
    constraint: reached === wish.target ? 'target' : 'min',
  };
}

function splitApplication(
  wish: LimitWish,
  application: ApplicationStructure,
  { containers }: SplitInput,
  level: 'user' | 'application',
): Scope {
  const own = application.resources[wish.resource];
  if (own === undefined || wish.field !== 'max') return nothing(wish);
  const members = containers.filter(({ id }) => application.containers.includes(id));
  const shares = splitAmount(
    Math.max(wish.target, own.min) - own.max,
    members.flatMap(({ id, resources, isRunning }) => memberOf(id, resources[wish.resource], !isRunning)),
    SLICE[wish.resource],
  );
  const { pair: _, ...alone } = wish;
  const parts = members.flatMap(({ id, resources }): readonly LimitWish[] => {
    const amount = shares.get(id) ?? 0;
    const max = resources[wish.resource]?.max ?? 0;
    return amount === 0 ? [] : [{ ...alone, structure: id, target: max + amount, level }];
  });
  // Without containers only the bound itself changes.
  const reached =
    members.length === 0
      ? Math.max(wish.target, own.min)
      : own.max + [...shares.values()].reduce((sum, amount) => sum + amount, 0);
  return {
    ...{ wish, current: own.max, parts },
    bounds: [{ structure: application.id, resource: wish.resource, max: reached }],
    constraint: reached === wish.target ? 'target' : 'min',
  };
}

const nothing = (wish: LimitWish): Scope => ({
  ...{ wish, current: wish.because.current, parts: [], bounds: [], constraint: 'missing' },
});

function memberOf(
  id: string,
  state: ContainerStructure['resources'][Resource],
  isStopped: boolean,
): readonly Member[] {
  if (state === undefined) return [];
  const { max, min, usage } = state;
  return [{ id, value: max, min, isStopped, ...(usage !== undefined && { usage }) }];
}
