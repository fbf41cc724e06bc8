import { nameOf } from './made-room.js';
import { releaseOf, repairedBy, type TaskState } from '../../task/domain/task.state.js';

/** Why a task takes an instance out of traffic and stops it, as the history of the instance says it. Pure. */
export function whyStopped(state: TaskState, name: string): string {
  const { mode, scale, slots, survey = [], token } = state;
  const by = `(request ${token})`;
  if (mode === 'stop') return `The service was stopped ${by}.`;
  const slot = slots.find(({ replaces }) => replaces?.name === name);
  if (slots.some((one) => one.proves === true && one.name === name))
    return `It has proven its release, and none is wanted while no request comes ${by}.`;
  if (slot === undefined) return `${surplusOf(state, name)} ${by}.`;
  const other = slot.name === undefined ? 'Another' : `${slot.name} on ${slot.node?.name}`;
  const takes = `${other} takes its place ${by}.`;
  if (scale?.toNode !== undefined) return `It moves to a node with a lower load. ${takes}`;
  if (scale?.moves === true) return `It moves off its node. ${takes}`;
  if (repairedBy(state).includes(name)) return `It does not run any more. ${takes}`;
  const before = survey.find((instance) => instance.name === name)?.release.id;
  const after = releaseOf(state, slot)?.id;
  if (state.reverting) return `The request failed. ${takes}`;
  return before === after || after === undefined ? takes : `Release ${after} replaces ${before}. ${takes}`;
}

function surplusOf({ scale, survey = [] }: TaskState, name: string): string {
  if (survey.find((instance) => instance.name === name)?.alive === false) return 'It does not run any more';
  if (scale?.makesRoomFor !== undefined) return `It made room for ${nameOf(scale.makesRoomFor)}`;
  if (scale?.yields === true) return 'Its node is drained, and maxUnavailable lets it be missing';
  if (scale?.canary !== undefined) return 'The canary that it belonged to ended';
  return scale === undefined || scale.restore === true
    ? 'More instances ran than are wanted'
    : 'The service was scaled in';
}
