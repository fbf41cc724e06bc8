import type { ContainerStructure, HostStructure, Resource } from '../../structures/domain/structure.js';
import type { Explanation, LimitPlan, LimitWish } from '../../structures/domain/wish.js';

export interface PlanInput {
  /** Its `free` is not believed: `accountHost` computes it from the containers. */
  readonly host: HostStructure;
  /** All containers on the host, with the limits that are really applied. */
  readonly containers: readonly ContainerStructure[];
  /** Of containers on this host: those of users and applications are split first (`splitWishes`). */
  readonly wishes: readonly LimitWish[];
  /** Plans that no answer has come for: each limit counts at the larger of before and after. */
  readonly inFlight?: readonly LimitPlan[];
  /** The power budget of each container that has one, in watts. */
  readonly powerBudgets?: Readonly<Record<string, number>>;
}

export interface BoundsChange {
  readonly structure: string;
  readonly resource: Resource;
  readonly max: number;
}

/** What became of one wish. */
export interface Verdict {
  readonly wish: LimitWish;
  /** The limit that is planned; what is there now, where it was refused. */
  readonly target: number;
  readonly isPlanned: boolean;
  readonly because: Explanation;
}

export interface Planned {
  readonly plan: LimitPlan;
  /** The host as it is once the plan is applied. */
  readonly host: HostStructure;
  /** The containers as they are once the plan is applied. */
  readonly containers: readonly ContainerStructure[];
  /** New `max` of structures, to be recorded once the plan is applied. */
  readonly bounds: readonly BoundsChange[];
  readonly verdicts: readonly Verdict[];
}

/** One look at one host: `planHost` of `plan.ts`. Pure. */
export type PlanHost = (input: PlanInput) => Planned;
