import type { Guard, GuardSettings, GuardState, Sample } from '../../guardian/domain/guardian.js';
import type { PlanHost, PlanInput, Planned } from '../../scaler/domain/planned.js';
import type {
  ContainerStructure,
  CoreMap,
  HostStructure,
  LimitedResource,
} from '../../structures/domain/structure.js';
import { LIMITED } from '../../structures/domain/units.js';
import type { Explanation, LimitChange, LimitPlan, LimitWish } from '../../structures/domain/wish.js';

/** A container of a host, and what its guardian knows of it. */
export interface LookedAt {
  readonly container: ContainerStructure;
  /** False of one that nobody asked to have rescaled: it counts in the sums of its host alone. */
  readonly isWanted: boolean;
  /** Amounts that somebody has set, whatever is used. */
  readonly at: Readonly<Partial<Record<LimitedResource, number>>>;
  readonly samples: readonly Sample[];
  readonly state: GuardState;
}

export interface LookInput {
  readonly host: HostStructure;
  readonly containers: readonly LookedAt[];
  /** Plans that no answer has come for: what they change is left alone until it does. */
  readonly inFlight: readonly LimitPlan[];
  readonly settings: GuardSettings;
  /** Of users and applications, or of the rebalancer and budgets: for containers of this host. */
  readonly wishes?: readonly LimitWish[];
  readonly powerBudgets?: PlanInput['powerBudgets'];
  readonly mayGuard: boolean;
  readonly mayPlan: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Explained {
  readonly container: string;
  readonly because: Explanation;
  /** Whether its limit is asked for. */
  readonly isPlanned: boolean;
}

export interface Looked {
  /** Absent where nothing is to change. */
  readonly plan?: LimitPlan;
  readonly bounds: Planned['bounds'];
  /** Where containers are pinned: who holds which core once the plan is applied. */
  readonly cores?: CoreMap;
  readonly explained: readonly Explained[];
  readonly states: ReadonlyMap<string, GuardState>;
}

interface Rules {
  readonly guard: Guard;
  readonly planHost: PlanHost;
}

/** One look at one host: what each container should have by its policy, and what of it the host has room for. Pure. */
export function lookAtHost(input: LookInput, { guard, planHost }: Rules): Looked {
  const { host, containers, inFlight, settings, wishes = [], now } = input;
  const waiting = new Set(inFlight.flatMap(({ changes }) => changes.map(({ container }) => container)));
  const states = new Map<string, GuardState>();
  const wanted: LimitWish[] = [];
  const explained = new Map<string, Explained>();
  const explain = (container: string, because: Explanation, isPlanned: boolean): void =>
    void explained.set(`${container} ${because.resource}`, { container, because, isPlanned });
  for (const { container, samples, state, at } of containers.filter(({ isWanted }) => isWanted)) {
    if (waiting.has(container.id) || !input.mayGuard) continue;
    const result = guard({ container, samples, state, settings, now });
    states.set(container.id, result.state);
    for (const because of result.explanations) explain(container.id, because, false);
    wanted.push(...result.wishes, ...setWishes(container, at, now));
  }
  const free = [...wanted, ...wishes].filter(({ structure }) => !waiting.has(structure));
  // A core map is compared with what the kernel applies at every look.
  const isDue = free.length > 0 || host.cores !== undefined;
  if (!input.mayPlan || !isDue) return { bounds: [], explained: [...explained.values()], states };
  const {
    plan,
    verdicts,
    bounds,
    host: after,
  } = planHost({
    ...{ host, containers: containers.map(({ container }) => container), wishes: free, inFlight },
    ...(input.powerBudgets && { powerBudgets: input.powerBudgets }),
  });
  for (const { wish, because, isPlanned } of verdicts) explain(wish.structure, because, isPlanned);
  const own = withoutWaiting(plan, waiting);
  return {
    ...(own.changes.length > 0 && { plan: own }),
    ...(after.cores && { cores: after.cores }),
    ...{ bounds, explained: [...explained.values()], states },
  };
}

/** What is to be repaired is left alone as well until an answer has come. */
const withoutWaiting = (plan: LimitPlan, waiting: ReadonlySet<string>): LimitPlan => ({
  ...plan,
  changes: plan.changes.filter(({ container }) => !waiting.has(container)),
  undo: plan.undo.filter(({ container }) => !waiting.has(container)),
});

/** What somebody set, where the kernel applies something else. */
function setWishes(
  { id, guarded, resources, policy }: ContainerStructure,
  at: LookedAt['at'],
  now: number,
): readonly LimitWish[] {
  if (!guarded || policy !== 'fixed') return [];
  return LIMITED.flatMap((resource): readonly LimitWish[] => {
    const target = at[resource];
    const known = resources[resource];
    if (target === undefined || known === undefined || known.current === target) return [];
    const { current, usage, min, max } = known;
    const because: Explanation = {
      ...{ resource, policy: 'api', current, raw: target, target, constraint: 'target', by: 'limits set' },
      bounds: { min, max },
      ...(usage !== undefined && { usage }),
    };
    return [{ ...{ structure: id, resource, target, field: 'current', priority: 1, at: now, because } }];
  });
}

/** The changes of a plan with the explanations that led to them. */
export const changesOf = (
  plan: LimitPlan,
  explained: readonly Explained[],
): readonly (LimitChange & { readonly because: readonly Explanation[] })[] =>
  plan.changes.map((change) => ({
    ...change,
    because: explained
      .filter(({ container, isPlanned }) => isPlanned && container === change.container)
      .map(({ because }) => because),
  }));
