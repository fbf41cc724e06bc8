import type { LimitedResource, Policy, Resource } from './structure.js';

/**
 * What decided:
 * - `steady`: nothing calls for a change; `target`: a rule or formula decided, and nothing limited it.
 * - `min`, `max`: the bounds. `host`: no more was free. `working-set`: memory is in use.
 * - `guard`: not guarded; `fixed`, `advise`: the policy. `missing`: no figure, so nothing is changed.
 * - `wait`: events have not summed up yet, or the window is not full.
 * - `pair`: the other half of a swap was not possible. `older`: another wish for the same was newer or came first.
 * - `budget`: the power budget has moved against it, or what was spent holds it down.
 */
export type Constraint =
  | 'steady'
  | 'target'
  | 'min'
  | 'max'
  | 'host'
  | 'working-set'
  | 'guard'
  | 'fixed'
  | 'advise'
  | 'missing'
  | 'wait'
  | 'pair'
  | 'older'
  | 'budget';

/** Why a limit is changed or stays. Of the same form as the explanation of a scaling: from, wanted, to, what limited it. */
export interface Explanation {
  readonly resource: Resource;
  readonly policy: Policy | 'rebalance' | 'budget' | 'api';
  readonly current: number;
  readonly usage?: number;
  readonly upper?: number;
  readonly lower?: number;
  /** What was asked for before bounds and room. */
  readonly raw: number;
  readonly target: number;
  readonly bounds: { readonly min: number; readonly max: number };
  readonly constraint: Constraint;
  /** The rule or formula that decided. */
  readonly by?: string;
}

/** A wish for a limit: absolute, so that a stale or repeated one does no harm. */
export interface LimitWish {
  /** The id of a container, application or user. */
  readonly structure: string;
  readonly resource: Resource;
  readonly target: number;
  /** Of an application or user only `max`. A container's `current` moves with its `max`. */
  readonly field: 'current' | 'max';
  /** Whose wish it was before it was split; absent: the container's own. The higher the level, the earlier it is planned. */
  readonly level?: 'user' | 'application';
  /** The structure whose wish is the other half of this one: both or neither. */
  readonly pair?: string;
  /** The higher one first; 0 is usual. */
  readonly priority: number;
  /** Milliseconds since the epoch: of two with the same priority the newer one counts. */
  readonly at: number;
  /** Watts. A wish for CPU made for this budget is dropped once the budget has moved against it. */
  readonly powerBudget?: number;
  readonly because: Explanation;
}

/** Limits of one container, absolute. CPU in shares; `cpuset` as the kernel writes it, such as `0-3,6`. */
export type Limits = Readonly<Partial<Record<LimitedResource, number>>> & { readonly cpuset?: string };

export interface LimitChange {
  readonly container: string;
  readonly limits: Limits;
}

/** What is to be applied on one host, in this order: what goes down comes first. */
export interface LimitPlan {
  readonly host: string;
  readonly changes: readonly LimitChange[];
  /** The limits of before, for the same containers and limits, in the order in which they can be applied. */
  readonly undo: readonly LimitChange[];
}
