import type { SideWrite, StepWrites } from '../../task/domain/step-writes.js';
import { isRecordAway, toTaskError } from '../../task/domain/task-error.js';
import type { EffectOf } from '../../task/domain/task.effects.js';
import type { TaskState } from '../../task/domain/task.state.js';
import type { EffectFile } from '../../task/effect-scope.js';
import { isOfCommand } from '../domain/failed-places.js';
import { inPhase, phaseOf } from '../../task/phase.js';
import {
  type InstanceEffectPorts,
  instanceName,
  isPlaced,
  NO_GRACE,
  releaseCommandName,
  reportOf,
} from '../instance.js';

/**
 * Removes what the start of an instance, or the release command before it, left on a node that could not do it, and
 * gives the reservation back. On a node that does not answer an instance is recorded as left behind, and the reconciler
 * removes it. It finds the container of a command by its labels, as all that belongs to no instance.
 */
export const leavePlace: EffectFile<'leave-place', InstanceEffectPorts> = {
  async run(ports, { signal }, state, effect) {
    const failing = slotOf(state, effect)?.failing;
    const why = failing?.error;
    const name = isOfCommand(failing)
      ? releaseCommandName(state, effect.release)
      : instanceName(state, effect);
    // It has just not answered; trying again would take as long once more.
    if (why?.code === 'NODE_UNREACHABLE') return left(ports, state, effect, { leftBehind: why });
    try {
      const { ms } = await inPhase(phaseOf('leave-place', ports.limits, signal), () =>
        ports.engines.stopAndRemove(effect.node.name, name, NO_GRACE),
      );
      return left(ports, state, effect, { ms });
    } catch (error) {
      if (isRecordAway(error)) throw error;
      return left(ports, state, effect, { leftBehind: toTaskError('leave-place', error) });
    }
  },
};

const slotOf = ({ slots }: TaskState, { ordinal }: EffectOf<'leave-place'>) =>
  slots.find((slot) => slot.ordinal === ordinal);

function left(
  { clock }: InstanceEffectPorts,
  state: TaskState,
  effect: EffectOf<'leave-place'>,
  { ms = 0, leftBehind }: { readonly ms?: number; readonly leftBehind?: ReturnType<typeof toTaskError> },
): StepWrites {
  const { ordinal, node, accessToken, release } = effect;
  const slot = slotOf(state, effect);
  const portTaken = slot?.failing?.error.code === 'PORT_TAKEN';
  const failed = { state: 'failed', reason: slot?.failing?.error.message } as const;
  const behind: readonly SideWrite[] =
    leftBehind === undefined || slot === undefined || !isPlaced(slot) || isOfCommand(slot.failing)
      ? []
      : [{ kind: 'leave-behind', report: reportOf(state, release, slot, failed, clock.now()) }];
  return {
    events: [{ type: 'PlaceLeft', data: { ordinal, node: node.name, leftBehind, phase: 'stop', ms } }],
    sides: [
      { kind: 'release-node', accessToken, ...(portTaken ? { portTaken } : { failed: true }) },
      ...behind,
    ],
  };
}
