import type { LearnedLimits, ScalingPolicy, ServiceScaling, SpecRevision } from '#libs/contracts';
import type { Transaction } from '#libs/postgres';
import type { ReachedBy } from '../routes/domain/service-routes.js';
import type { ServiceDrift } from './domain/reconcile-service.js';
import type { ServiceSpec } from './domain/spec.js';

export interface SpecOf {
  readonly appId: string;
  readonly service: string;
}

/** What tasks need of specs; they change them by what they write. */
export interface Specs {
  /** The spec and the routes of a task's service, and the task's place in the order of arrival. */
  forTask(
    taskId: string,
    of: SpecOf,
  ): Promise<{
    readonly spec?: ServiceSpec;
    readonly arrival: number;
    readonly routes?: Omit<ReachedBy, 'traffic'>;
  }>;
  /** Whether a later request of an autoscaler waits behind the one that has the turn of the service. */
  isOvertaken(of: SpecOf): Promise<boolean>;
}

export interface SpecReader {
  /** The newest first; empty for a service of which nothing was ever wanted. */
  history(of: SpecOf, most: number): Promise<readonly SpecRevision[]>;
  /** How many instances run, as far as is known. */
  running(of: SpecOf): Promise<number>;
}

/** What runs, service by service. Today it is the deployer's own record; another source may fill it. */
export interface ObservedServices {
  /** Services that run more or fewer instances than are wanted, and of which no rollout is under way. */
  drifted(): Promise<readonly ServiceDrift[]>;
}

export interface ServiceRepairs {
  /** Asks for what is wanted, by a request of our own. False where another replica did meanwhile. */
  restore(drift: ServiceDrift, attempt: number): Promise<boolean>;
  /** Leaves the service alone until something changes, and publishes that. False where another replica did meanwhile. */
  giveUpRestoring(drift: ServiceDrift, attempts: number): Promise<boolean>;
  /** Publishes specs that were written by a migration, or for an older replica. */
  publishSpecs(): Promise<number>;
}

/** Who sets how a service scales, and why. */
export interface ScalingAuthor {
  readonly principal: string;
  readonly reason?: string;
}

/** Throws where what was there is not what the caller saw. */
export type UnlessSeen = (shown: ServiceScaling) => void;

/** Takes what a rescaler learned: the limits that new instances start with. */
export interface LimitsIntake {
  learn(tx: Transaction, learned: LearnedLimits): Promise<void>;
}

export const LIMITS_INTAKE = Symbol('LimitsIntake');

/** How services scale, as people read and set it. */
export interface ScalingRecord {
  /** Undefined where there is no such service. */
  of(service: SpecOf): Promise<ServiceScaling | undefined>;
  /**
   * Sets the policy, and asks for a count within its bounds where the present one is not. Throws ApiError SERVICE_UNKNOWN,
   * INPUT_INVALID where it does not go with the service, and what `unless` throws.
   */
  set(service: SpecOf, policy: ScalingPolicy, by: ScalingAuthor, unless: UnlessSeen): Promise<ServiceScaling>;
  /** What config.json declared last counts again. */
  takeBack(service: SpecOf, by: ScalingAuthor, unless: UnlessSeen): Promise<ServiceScaling>;
}

/** Injection tokens of what the controllers of this feature ask for. */
export const SPECS = Symbol('SpecReader');
export const SCALING_RECORD = Symbol('ScalingRecord');
