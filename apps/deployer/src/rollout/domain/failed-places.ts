import type { ServiceConfig, TaskError } from '#libs/contracts';
import { messageWith, shortMessage } from '../../task/domain/clean-text.js';
import type { TaskEvent } from '../../task/domain/task.events.js';
import {
  type FailedPlace,
  releaseConfig,
  releaseOf,
  serves,
  type SlotProgress,
  type TaskState,
} from '../../task/domain/task.state.js';
import { volumeNode } from './volumes.js';

/** How often an instance goes to another place within one request: each costs a pull and a start. */
const MOST_MOVES = 2;

/** Another port of the same node does as well. */
const isOfPort = ({ error }: Pick<FailedPlace, 'error'>): boolean => error.code === 'PORT_TAKEN';

/** What failed there is the release command, before any instance. Pure. */
export const isOfCommand = (place: Pick<FailedPlace, 'step'> | undefined): boolean =>
  place?.step === 'run-release-command';

const configOf = (state: TaskState, slot: SlotProgress | undefined): ServiceConfig | undefined =>
  (slot && releaseOf(state, slot)?.config) ?? releaseConfig(state);

/**
 * Whether a slot may be tried at another place now that this step failed with this code. Data of volumes stays where it
 * is: once something may have written there, only another port of that node will do. Pure.
 */
export function mayGoElsewhere(state: TaskState, slot: SlotProgress, step: string, code: string): boolean {
  if ((slot.failedPlaces?.length ?? 0) >= MOST_MOVES) return false;
  // What is being cleaned up goes nowhere; what comes back after a failure does.
  if (state.failure !== undefined && slot.release === undefined) return false;
  const config = configOf(state, slot);
  if (config?.volumes === undefined || code === 'PORT_TAKEN') return true;
  return step === 'pull-image' && nodeFor(state, slot) === undefined;
}

/** The node that a slot has to run on; undefined where any will do. Pure. */
export function nodeFor(state: TaskState, slot: SlotProgress | undefined): string | undefined {
  const config = configOf(state, slot);
  if (config?.volumes === undefined) return undefined;
  return volumeNode(state, config) ?? slot?.failedPlaces?.findLast(isOfPort)?.node.name;
}

/** Where instances of this task could not be started. Pure. */
export const failedNodes = ({ slots }: TaskState): readonly string[] =>
  slots.flatMap(({ failedPlaces = [] }) => failedPlaces.map(({ node }) => node.name));

/** Where another try would come to the same for this slot. Pure. */
export const exceptNodes = (slot: SlotProgress | undefined): readonly string[] => [
  ...new Set((slot?.failedPlaces ?? []).filter((place) => !isOfPort(place)).map(({ node }) => node.name)),
];

/** Of starts that have just been given another place: the code of the failure at the place before. Pure. */
export const causesOfMoves = ({ slots }: TaskState, events: readonly TaskEvent[]): readonly string[] =>
  events.flatMap((event) => {
    if (event.type !== 'NodeAssigned') return [];
    const slot = slots.find(({ ordinal }) => ordinal === event.data.ordinal);
    return slot?.failedPlaces?.at(-1)?.error.code ?? [];
  });

const LONGEST_REASON_BYTES = 500;

/** Why not there, in plain words: `node-1: its disk is full (NO_SPACE)`. */
function reasonOf({ node, error }: Pick<FailedPlace, 'node' | 'error'>): string {
  const { code, message } = error;
  const why: Readonly<Record<string, string>> = {
    PORT_TAKEN: `something else listens at port ${node.port}`,
    NO_SPACE: 'the disk of its engine is full',
    NODE_UNREACHABLE: 'it does not answer',
  };
  return `${node.name}: ${why[code] ?? shortMessage(message, LONGEST_REASON_BYTES).replace(/\.$/, '')} (${code})`;
}

const listed = (places: readonly Pick<FailedPlace, 'node' | 'error'>[]): string =>
  places.map(reasonOf).join('; ');

/** The failure at the last place, with what happened at those before. Pure. */
export function afterOtherPlaces({ failedPlaces = [], node }: SlotProgress, error: TaskError): TaskError {
  if (failedPlaces.length === 0) return error;
  const last = `This was on ${node?.name}, the last of ${failedPlaces.length + 1} places.`;
  const before = `${last} Before that: ${listed(failedPlaces)}.`;
  return { ...error, message: messageWith(error.message, [before]) };
}

/** Nothing else takes what failed at its place: its failure is told, and why no other node would do. Pure. */
export function noOtherPlace(
  { failedPlaces = [] }: Pick<SlotProgress, 'failedPlaces'>,
  refusals: readonly string[],
): TaskError | undefined {
  const last = failedPlaces.at(-1);
  if (last === undefined) return undefined;
  const others =
    refusals.length === 0 ? 'There is no other node.' : `No other node takes it. ${refusals.join('; ')}.`;
  const tried = `The instance was tried on ${listed(failedPlaces)}. ${others}`;
  return { ...last.error, message: messageWith(last.error.message, [shortMessage(tried)]) };
}

/** What a reply says of instances that run elsewhere than they were to, and of what they left. Pure. */
export function placeNotes(state: TaskState): readonly string[] {
  return state.slots.flatMap((slot) => {
    const { failedPlaces = [], node } = slot;
    const commands = failedPlaces.filter(isOfCommand);
    const starts = failedPlaces.filter((place) => !isOfCommand(place));
    const where = `${node?.name}${node?.port === undefined ? '' : `, port ${node.port}`}`;
    const left = failedPlaces.filter(({ leftBehind }) => leftBehind !== undefined);
    return [
      ...(commands.length > 0 && state.releaseCommandDone
        ? [`The release command could not be run on ${listed(commands)}. It ran on another node.`]
        : []),
      ...(starts.length > 0 && serves(state, slot)
        ? [`An instance could not be started on ${listed(starts)}. It runs on ${where}.`]
        : []),
      ...left.map((place) => `What was begun on ${place.node.name} is removed once that node answers.`),
    ];
  });
}
