import type { TaskState } from '../task/domain/task.state.js';
import type { ClaimedTask } from '../task/ports.js';

/** Tells the world what a build says, and keeps it. */
export interface BuildOutput {
  lines(claim: ClaimedTask, state: TaskState, lines: readonly string[]): void;
  /** There is nothing more to come; resolves when all is kept. Never rejects. */
  ended(claim: ClaimedTask): Promise<void>;
}

/** Injection tokens of what the controllers of this feature ask for. */
export const BUILD_LOGS = Symbol('BuildLogs');
export const INSTANCE_LOGS = Symbol('InstanceLogs');
