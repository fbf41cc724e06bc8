import type { Figures } from './figures.js';
import type { Bounds, Policy } from './policy.js';
import type { TargetResult } from './recommend.js';
import type { ScalingState } from './state.js';

/**
 * What decided:
 * - `steady`: the targets ask for what there is; `target`: a target decided, and nothing limited it.
 * - `min`, `max`: the bounds, of the policy or of an open window.
 * - `out-step`, `in-step`: no more within a period; `out-cooldown`, `in-cooldown`; `out-stabilisation`, `in-stabilisation`.
 * - `panic`: so much load at once that limits on the way out do not count, and nothing is scaled in.
 * - `rollout`: nothing is scaled in meanwhile. `missing`: nor without a figure.
 * - `unreachable`: no node answers, so nothing is changed.
 * - `idle`: nothing to do for `idleMs`; `wake`: the first request after that.
 * - `prediction`: the load that is expected.
 * - `asked`: what was asked for before is still under way; `rest`: it failed, and is asked for again a moment later.
 */
export type Constraint =
  | 'steady'
  | 'target'
  | 'min'
  | 'max'
  | 'out-step'
  | 'in-step'
  | 'out-cooldown'
  | 'in-cooldown'
  | 'out-stabilisation'
  | 'in-stabilisation'
  | 'panic'
  | 'rollout'
  | 'missing'
  | 'unreachable'
  | 'idle'
  | 'wake'
  | 'prediction'
  | 'asked'
  | 'rest';

/** How many instances the load that is expected soon needs. */
export interface Expected {
  readonly count: number;
  readonly target: string;
  /** For when, in milliseconds since the epoch. */
  readonly at: number;
}

export interface DecideInput {
  readonly policy: Policy;
  readonly bounds: Bounds;
  readonly figures: Figures;
  /** How many instances there are to be, with what was asked for last. */
  readonly current: number;
  readonly isRollingOut: boolean;
  /** A request waits, and there is no instance. */
  readonly isWoken: boolean;
  /** No node of the fleet answers. */
  readonly areNodesAway?: boolean;
  readonly expected?: Expected | undefined;
  readonly state: ScalingState;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Explanation {
  readonly current: number;
  /** The highest count that a target asks for; without a limit. */
  readonly raw: number;
  readonly count: number;
  readonly constraint: Constraint;
  /** The target whose count was the highest. */
  readonly by?: string;
  readonly bounds: Bounds;
  readonly ready: number;
  readonly targets: readonly TargetResult[];
  readonly isPanicking: boolean;
  readonly expected?: Expected;
}

export interface Decision {
  readonly count: number;
  readonly explanation: Explanation;
  readonly state: ScalingState;
}
