import type { SpecRevision } from '#libs/contracts';
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

/** Injection token of what the controllers of this feature ask for. */
export const SPECS = Symbol('SpecReader');
