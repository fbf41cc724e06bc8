import type { Release } from '../../task/domain/task.events.js';
import type { TaskState } from '../../task/domain/task.state.js';

/**
 * The release that a task was asked for by a rollback or by its name. Where the task succeeds, that is the current release,
 * as what was built last is. One that fails has asked for nothing that works. Pure.
 */
export function askedRelease({ mode, wantedRelease, release, dryRun }: TaskState): Release | undefined {
  const asks = mode === 'rollback' || (mode === 'run' && wantedRelease !== undefined);
  return asks && dryRun !== true ? release : undefined;
}
