import type { TaskError } from '#libs/contracts';
import type { Asker } from '../../task/domain/task.events.js';
import type { TaskState } from '../../task/domain/task.state.js';

/** Who changed a spec, and why. */
export interface SpecAuthor {
  readonly principal: string;
  /** False for a name that the producer of a message claimed. */
  readonly verified: boolean;
  readonly reason?: string;
}

const OWN_PRINCIPAL = 'slipway';
/** Of a request that names nobody. */
const UNKNOWN_PRINCIPAL = 'unknown';

export const namedAsker = ({ principal = UNKNOWN_PRINCIPAL, verified = false }: Asker) => ({
  principal,
  verified,
});

/** Of the change that a task was asked for. */
export const authorOfTask = (state: TaskState): SpecAuthor => ({
  ...namedAsker(state),
  reason: state.reason,
});

/** Of the change that takes a task's own back: whoever cancelled it, or we ourselves where it failed. */
export function authorAfterFailure({ cancelledBy }: TaskState, { code }: TaskError): SpecAuthor {
  const by =
    code === 'CANCELLED' ? namedAsker(cancelledBy ?? {}) : { principal: OWN_PRINCIPAL, verified: true };
  return { ...by, reason: code };
}
