import type { TaskError } from '#libs/contracts';
import { afterOtherPlaces, mayGoElsewhere } from '../../rollout/domain/failed-places.js';
import { entryOf, type Runnable } from './effect-table.js';
import type { SideWrite, StepWrites } from './step-writes.js';
import type { SlotProgress, TaskState } from './task.state.js';

/**
 * What a step that failed comes to: another place for its instance where its node is to blame, else the end of the
 * task. Pure.
 */
export function decideFailure(effect: Runnable, state: TaskState, error: TaskError): StepWrites {
  const { kind: step } = effect;
  const slot =
    'ordinal' in effect ? state.slots.find(({ ordinal }) => ordinal === effect.ordinal) : undefined;
  const isOfNode = entryOf(step).elsewhere?.includes(error.code) === true;
  if (slot?.node !== undefined && isOfNode && mayGoElsewhere(state, slot, step, error.code)) {
    const { name: node, port } = slot.node;
    return { events: [{ type: 'PlaceFailed', data: { ordinal: slot.ordinal, node, port, step, error } }] };
  }
  const told = slot === undefined ? error : afterOtherPlaces(slot, error);
  return { events: [{ type: 'StepFailed', data: { step, error: told } }], sides: portTold(slot, error) };
}

/** The removal of leftovers gives the reservation back, too; it does not know why. */
const portTold = (slot: SlotProgress | undefined, { code }: TaskError): readonly SideWrite[] =>
  code === 'PORT_TAKEN' && slot?.accessToken !== undefined
    ? [{ kind: 'release-node', accessToken: slot.accessToken, portTaken: true }]
    : [];
