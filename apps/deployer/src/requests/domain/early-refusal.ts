import type { Release } from '../../task/domain/task.events.js';
import type { TaskError } from '#libs/contracts';
import { volumesProblem } from '../../rollout/domain/volumes.js';
import { canaryProblem } from '../../services/domain/canary-task.js';
import type { ServiceSpec } from '../../services/domain/spec.js';
import { countProblem } from '../../services/domain/task-spec.js';
import { foldTask } from '../../task/domain/task.state.js';
import type { FirstEvent } from './intake.js';

/** What is known of a service when a request for it comes. */
export interface WantedNow {
  /** Undefined where nothing was ever wanted of it. */
  readonly spec?: ServiceSpec;
  /** The one that is wanted. */
  readonly release?: Release;
  /** Another request of it is under way, or waits. */
  readonly isBusy: boolean;
}

/**
 * Why a scaling would be refused in its turn, as far as that is certain now: whoever asks need not wait for a rollout to
 * hear it. Undefined where it is taken in. Pure.
 * @param at now, RFC 3339
 */
export function refusalNow(
  { data }: FirstEvent,
  { spec, release, isBusy }: WantedNow,
  at: string,
): TaskError | undefined {
  const { scale } = data;
  if (spec === undefined || scale === undefined) return undefined;
  // What is relative to a count counts from the one that those before it leave.
  const isCertain =
    scale.to !== undefined || scale.canary !== undefined || (scale.by !== undefined && !isBusy);
  if (!isCertain) return undefined;
  const state = {
    ...foldTask([{ type: 'TaskAccepted', data }]),
    ...{ spec, release, arrival: Number.MAX_SAFE_INTEGER },
  };
  return canaryProblem(state) ?? countProblem(state, at) ?? volumesProblem(state);
}
