import type { BuildDetails, InstanceDetails } from '#libs/contracts';
import type { Readable } from 'node:stream';
import type { TaskState } from '../task/domain/task.state.js';
import type { ClaimedTask } from '../task/ports.js';

/** Tells the world what a build says, and keeps it; and what keeps an instance from being healthy. */
export interface BuildOutput {
  lines(claim: ClaimedTask, state: TaskState, lines: readonly string[]): void;
  /** There is nothing more to come; resolves when all is kept. Never rejects. */
  ended(claim: ClaimedTask): Promise<void>;
  /** Told while the wait goes on; not kept. */
  healthAwaited(state: TaskState, note: string): void;
}

/** What builds said, for whoever asks. */
export interface BuildLogs {
  /** Of a service, the newest first. */
  builds(appId: string, service: string): Promise<BuildDetails[]>;
  /** Undefined where nothing is kept. */
  ofRequest(token: string, service: string): Promise<string | undefined>;
  ofRelease(release: string): Promise<string | undefined>;
}

export interface OfService {
  readonly appId: string;
  readonly service: string;
}

export interface LogWish {
  /** How many of the last lines. */
  readonly tail: number;
  /** Also those to come. */
  readonly follow: boolean;
}

/** What instances say, for whoever asks. */
export interface InstanceLogs {
  /** Undefined where there is no such service. */
  instances(of: OfService): Promise<InstanceDetails[] | undefined>;
  /** `busy`: as many are followed as may be. Throws what the node or its engine did not do. */
  open(of: OfService, instance: string, wish: LogWish): Promise<Readable | 'busy' | 'unknown'>;
}

/** Injection tokens of what the controllers of this feature ask for. */
export const BUILD_LOGS = Symbol('BuildLogs');
export const INSTANCE_LOGS = Symbol('InstanceLogs');
