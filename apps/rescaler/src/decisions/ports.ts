import type { LIMIT_OUTCOMES, LimitDecision, ShownLimit } from '#libs/contracts';
import type { Placed } from '#libs/http';

export interface DecisionFilter {
  readonly outcome?: (typeof LIMIT_OUTCOMES)[number];
  /** Of one limit alone. */
  readonly name?: ShownLimit;
}

export interface DecisionView {
  /** Of a service, the newest first. */
  decisions(
    of: { readonly appId: string; readonly service: string },
    filter: DecisionFilter,
    most: number,
    after?: readonly string[],
  ): Promise<readonly Placed<LimitDecision>[]>;
}

export const DECISION_VIEW = Symbol('DecisionView');
