import type { SCALING_OUTCOMES, ScalingDecision, ScalingStatus } from '#libs/contracts';
import type { Placed } from '#libs/http';
import type { Asking } from './domain/asked.js';
import type { Expected, Explanation } from './domain/decision.js';
import type { InstanceFigures, Traffic } from './domain/figures.js';
import type { Unchanged } from './domain/unchanged.js';
import type { Policy } from './domain/policy.js';
import type { Recorded } from './domain/recorded.js';
import type { ScalingState } from './domain/state.js';

export interface ServiceName {
  readonly appId: string;
  readonly service: string;
}

/** A service with a policy that should run, as the registry shows it. */
export interface ScaledService extends ServiceName {
  readonly appName: string;
  readonly policy: Policy;
  /** How many instances there are to be. */
  readonly wanted: number;
  /** The names of those that run. */
  readonly running: readonly string[];
  /** Some of what runs is of another release than the one that should run. */
  readonly isRollingOut: boolean;
  /** No node of the fleet answers. */
  readonly areNodesAway: boolean;
}

/** Throws where the registry cannot be read: then nothing is decided. */
export interface ScaledServices {
  read(): Promise<readonly ScaledService[]>;
}

/** What is measured now. Undefined of what nobody has heard of in time. */
export interface CurrentFigures {
  instance(name: string): InstanceFigures | undefined;
  traffic(of: ServiceName): Traffic | undefined;
}

/** A figure from outside of Slipway, or why there is none. */
export type OutsideFigure = { readonly value: number } | { readonly missing: string };

/** What was had last, if that is not too long ago. Never throws. */
export interface OutsideFigures {
  kafkaLag(group: string, topic: string): OutsideFigure;
  prometheus(url: string, query: string): OutsideFigure;
}

/** What is left to whoever decides next, on this replica or another one. JSON. */
export interface Kept {
  readonly state: ScalingState;
  readonly asking: Asking;
}

/** A service that this replica decides for. */
export interface HeldService extends ServiceName {
  readonly fence: number;
}

/** One replica at a time decides for a service; by the clock of the database. */
export interface ScalingLeases {
  /** Renews those that are held, and takes those that nobody holds. @returns those that are this replica's now */
  hold(services: readonly ServiceName[]): Promise<readonly HeldService[]>;
  /** What was kept of a service that was just taken; undefined where nothing was. */
  kept(service: ServiceName): Promise<Kept | undefined>;
  /** Which of these requests were answered, and whether they succeeded. */
  answers(tokens: readonly string[]): Promise<ReadonlyMap<string, boolean>>;
  /** Of services that are held still; of others nothing is written. */
  keep(services: readonly (HeldService & { readonly kept: Kept })[]): Promise<void>;
  /** Lets others have all at once. */
  end(): Promise<void>;
}

/** A change of the count. */
export interface ScalingChange extends HeldService {
  readonly at: number;
  readonly token: string;
  readonly explanation: Explanation;
  /** One line, for who reads the request later. */
  readonly reason: string;
  readonly kept: Kept;
}

export interface ScalingRecord {
  /**
   * The decision, what it leaves and the request for it, in one transaction.
   * @returns false, and nothing written, where this replica holds the lease no more
   */
  change(change: ScalingChange): Promise<boolean>;
  /** Decisions that changed nothing; one that was written before is written over. */
  unchanged(decisions: readonly (HeldService & { readonly decision: Unchanged })[]): Promise<void>;
  /** Those since the last change that go on, if something decides alike soon enough after a time; oldest first. */
  goingOn(of: ServiceName, now: number): Promise<readonly Unchanged[]>;
  figures(figures: readonly (ServiceName & { readonly recorded: Recorded })[]): Promise<void>;
}

/** The figures that decisions used, as they are kept. */
export interface KeptFigures {
  /** From a time to before another one: those of 10 s, and minutes where they are kept no more. Oldest first. */
  finest(of: ServiceName, from: number, to: number): Promise<readonly Recorded[]>;
  /** Minutes alone. Oldest first. */
  minutes(of: ServiceName, from: number, to: number): Promise<readonly Recorded[]>;
}

/** The load that is expected soon, where a policy asks for that and enough is known. */
export interface Forecasts {
  expected(service: ServiceName, policy: Policy, now: number): Expected | undefined;
}

export const SCALING_REPLAYS = Symbol('ScalingReplays');
/** What policies would have done. */
export interface ScalingReplays {
  readonly figures: KeptFigures;
  /** Of a service, the policy that is in force; undefined of a service that the registry does not know. */
  present(of: ServiceName): Promise<{ readonly policy?: Policy } | undefined>;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** All where a member is left out. */
export interface DecisionFilter {
  readonly outcome?: (typeof SCALING_OUTCOMES)[number];
  readonly constraint?: string;
}

export const SCALING_VIEW = Symbol('ScalingView');
/** What was decided, as people and programs read it. */
export interface ScalingView {
  /** Of services with a policy: at most so many after this one, by application and service. */
  statuses(
    filter: { readonly appId?: string },
    most: number,
    after?: readonly [appId: string, service: string],
  ): Promise<readonly Placed<ScalingStatus>[]>;
  /** Of any service that the registry knows; undefined of others. */
  status(of: ServiceName): Promise<ScalingStatus | undefined>;
  /** The newest first: at most so many of those before the place. */
  decisions(
    of: ServiceName,
    filter: DecisionFilter,
    most: number,
    before?: readonly [at: string, reason: string],
  ): Promise<readonly Placed<ScalingDecision>[]>;
}
