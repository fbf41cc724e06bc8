import type { ImageLayers, InstanceAddress, ServiceConfig, ServiceOutcome, TaskError } from '#libs/contracts';
import type { ReachedBy } from '../../routes/domain/service-routes.js';
import { type Limits, merged, sameLimits, type ServiceSpec } from '../../services/domain/spec.js';
import { never } from './never.js';
import type {
  Asker,
  InstanceRef,
  PlacedNode,
  PlacedVolume,
  Release,
  RunningInstance,
  Slot,
  TaskEvent,
  TaskEventOf,
} from './task.events.js';

/** A node and its port, where a slot could not be started for a reason of that node. */
export interface FailedPlace {
  readonly node: PlacedNode;
  readonly step: string;
  readonly error: TaskError;
  /** Why what was begun there is there still. */
  readonly leftBehind?: TaskError;
}

/** One instance's way from a wish to a healthy container. */
export interface SlotProgress extends Slot {
  /** Of a revert: the release that comes back. The task's own release when left out. */
  readonly release?: Release;
  readonly accessToken?: string;
  /** When a node was asked for; RFC 3339. */
  readonly requestedAt?: string;
  readonly node?: PlacedNode;
  /** It cannot be started there, and something of it may be there. */
  readonly failing?: Pick<FailedPlace, 'step' | 'error'>;
  /** Where it was tried before. */
  readonly failedPlaces?: readonly FailedPlace[];
  /** Why no node takes it. */
  readonly refused?: TaskError;
  /** Its node was seen not to have the image. */
  readonly imageMissing?: boolean;
  /** It is there, as far as is known. */
  readonly pulled: boolean;
  /** How often it was pulled. */
  readonly pulls?: number;
  readonly name?: string;
  readonly address?: InstanceAddress;
  readonly healthy: boolean;
}

export interface Plan {
  readonly surplus: readonly InstanceRef[];
  /** Names of instances that run already and stay. */
  readonly kept: readonly string[];
  readonly notes: readonly string[];
  /** What is wanted since the plan was made, where it changed that. */
  readonly spec?: ServiceSpec;
}

type Accepted = TaskEventOf<'TaskAccepted'>['data'];

/** The fold of a task's events: what was accepted, and what came of it. */
export interface TaskState extends Accepted {
  readonly dependenciesMet: boolean;
  readonly sourceDigest?: string;
  readonly config?: ServiceConfig;
  readonly builtTag?: string;
  /** Where that lies. */
  readonly builder?: string;
  readonly imageLost: boolean;
  readonly turnTaken: boolean;
  readonly secretsChecked: boolean;
  readonly release?: Release;
  /** What slots of the canary run. */
  readonly canary?: Release;
  /** What the image of that release consists of, where it is known. */
  readonly layers?: ImageLayers;
  readonly releaseCommandDone: boolean;
  /** What ran when the task began. */
  readonly survey?: readonly RunningInstance[];
  /** Names of the secrets that the application had then. */
  readonly secrets?: readonly string[];
  /** What was wanted of the service then. */
  readonly spec?: ServiceSpec;
  readonly arrival?: number;
  /** Of the service, as far as they were made. */
  readonly volumes?: readonly PlacedVolume[];
  /** How the service is reached, where that was ever said: before the task, then as it claimed. */
  readonly routes?: Omit<ReachedBy, 'traffic'>;
  readonly routesClaimed: boolean;
  /** Of one that makes room: whether the other one waited for it still. */
  readonly roomAwaited?: boolean;
  /** Of an autoscaler's request: a later one waits behind it. */
  readonly isOvertaken?: boolean;
  readonly plan?: Plan;
  readonly slots: readonly SlotProgress[];
  /** Until when an instance that is to be stopped is left to finish, by its name; RFC 3339. */
  readonly draining: Readonly<Record<string, string>>;
  /** Names of instances that were stopped. */
  readonly stopped: readonly string[];
  /** Of these, the ones whose node did not answer. */
  readonly abandoned: readonly InstanceRef[];
  /** Why instances that were to be stopped could not be, by their name. */
  readonly notStopped: Readonly<Record<string, TaskError>>;
  /** Why the task is to end in a failure. */
  readonly failure?: TaskError;
  /** Where that is a cancel. */
  readonly cancelledBy?: Asker;
  readonly reverting: boolean;
  /** Why what was replaced could not be brought back. */
  readonly revertFailure?: TaskError;
  readonly leftoversRemoved: boolean;
  readonly outcome?: ServiceOutcome;
  /** Milliseconds per phase, summed over instances. */
  readonly phases: Readonly<Record<string, number>>;
}

export const isStopped = (state: TaskState, { name }: InstanceRef): boolean => state.stopped.includes(name);

/** A slot is done when its instance serves and what it replaces is gone. */
export function isDone(state: TaskState, { healthy, replaces }: SlotProgress): boolean {
  return healthy && (replaces === undefined || isStopped(state, replaces));
}

/** Two that write into the same volume would spoil it: what is replaced is stopped before the new one starts. */
export const stopsFirst = (state: TaskState, slot: SlotProgress): boolean =>
  slot.replaces !== undefined && releaseOf(state, slot)?.config.volumes !== undefined;

/** A new instance in whose favour another was stopped. */
export const hasReplaced = (state: TaskState, { replaces }: SlotProgress): boolean =>
  replaces !== undefined && isStopped(state, replaces);

/** Instances that were healthy, which is what they were started for. */
export const provenOf = ({ slots }: TaskState): readonly InstanceRef[] =>
  slots.filter(({ proves, healthy }) => proves === true && healthy).flatMap((slot) => instanceOf(slot) ?? []);

/** Names of the instances in whose places a repair starts others. */
export const repairedBy = ({ scale }: TaskState): readonly string[] =>
  scale?.repairs === undefined ? [] : [scale.repairs, ...(scale.alsoRepairs ?? [])];

/** It brings back what does not run: what is missing, or named instances. */
export const bringsBack = ({ scale }: TaskState): boolean =>
  scale?.restore === true || (scale?.repairs !== undefined && scale.moves !== true);

/**
 * A scaling or a restore that fails keeps what it has started: that stays wanted, and the next restore asks for the rest.
 * So does a repair. The cancel of a scaling takes its count back. A canary that fails leaves nothing of it.
 */
export const keepsHealthy = (state: TaskState): boolean =>
  bringsBack(state) ||
  (state.mode === 'scale' &&
    state.scale?.repairs === undefined &&
    state.scale?.canary === undefined &&
    state.failure?.code !== 'CANCELLED');

/** The task leaves it serving, now that it has ended or is about to. */
export function serves(state: TaskState, slot: SlotProgress): boolean {
  if (!slot.healthy || slot.name === undefined || state.stopped.includes(slot.name)) return false;
  if (state.failure === undefined || keepsHealthy(state)) return true;
  return slot.release !== undefined || hasReplaced(state, slot);
}

/** The config of what the task runs; known before the release where a source was fetched. */
export const releaseConfig = ({ release, config }: TaskState): ServiceConfig | undefined =>
  release?.config ?? config;

/** What an instance of the slot may use: as the spec says, which a revert finds as it was before the task. */
export function limitsOf(state: TaskState, slot?: SlotProgress): Limits | undefined {
  if (slot?.canary === true) return canaryLimits(state);
  return slot?.release === undefined ? (state.plan?.spec ?? state.spec)?.limits : state.spec?.limits;
}

/** As it would have them as the wanted release: what its config.json declares counts where that is something else. */
function canaryLimits({ plan, spec, canary }: TaskState): Limits | undefined {
  const wanted = plan?.spec ?? spec;
  const declares = canary?.config.resources;
  return wanted === undefined ? declares : merged(wanted.limits, wanted.declaredLimits, declares, sameLimits);
}

/** What the slot runs, with the limits that are wanted; undefined while it is being built. */
export function releaseOf(state: TaskState, slot: SlotProgress): Release | undefined {
  const release = slot.release ?? (slot.canary === true ? state.canary : state.release);
  const resources = limitsOf(state, slot);
  if (release === undefined || resources === undefined) return release;
  return { ...release, config: { ...release.config, resources } };
}

/**
 * A deployment runs the command of its release, and so does a request for a canary; a rollback, a scaling and a restore
 * never do.
 */
export function awaitsReleaseCommand(state: TaskState): boolean {
  const { mode, scale, releaseCommandDone, release, canary } = state;
  if (releaseCommandDone) return false;
  if (scale?.canary !== undefined) return canary?.config.release !== undefined;
  return (mode === 'build-and-run' || mode === 'run') && release?.config.release !== undefined;
}

/** The instance of a slot, once it has a container. */
export function instanceOf({ name, address }: SlotProgress): InstanceRef | undefined {
  return name === undefined || address === undefined
    ? undefined
    : { name, node: address.node, container: address.container };
}

function accepted(event: TaskEventOf<'TaskAccepted'>): TaskState {
  return {
    ...event.data,
    dependenciesMet: false,
    imageLost: false,
    turnTaken: false,
    secretsChecked: false,
    routesClaimed: false,
    releaseCommandDone: false,
    slots: [],
    draining: {},
    stopped: [],
    abandoned: [],
    notStopped: {},
    reverting: false,
    leftoversRemoved: false,
    phases: {},
  };
}

function patchSlot(state: TaskState, ordinal: number, patch: Partial<SlotProgress>): TaskState {
  const slots = state.slots.map((slot) => (slot.ordinal === ordinal ? { ...slot, ...patch } : slot));
  return { ...state, slots };
}

const freshSlot = (slot: Slot): SlotProgress => ({ ...slot, pulled: false, healthy: false });

/** A revert's slot runs what ran where the instance that it replaces came. */
function revertSlot(state: TaskState, slot: Slot): SlotProgress {
  const replacing = state.slots.find(({ name }) => name !== undefined && name === slot.replaces?.name);
  const before = state.survey?.find(({ name }) => name === (slot.restores ?? replacing?.replaces?.name));
  return { ...freshSlot(slot), release: before?.release };
}

function withPhase(state: TaskState, event: TaskEvent): TaskState {
  if (!('phase' in event.data)) return state;
  const { phase, ms } = event.data;
  return { ...state, phases: { ...state.phases, [phase]: (state.phases[phase] ?? 0) + ms } };
}

type SlotEvent = TaskEventOf<
  | 'NodeRequested'
  | 'NodeAssigned'
  | 'NodeRefused'
  | 'ImageMissing'
  | 'ImagePulled'
  | 'PlaceFailed'
  | 'PlaceLeft'
  | 'InstanceStarted'
  | 'InstanceHealthy'
>;

function applyToSlot(state: TaskState, event: SlotEvent): TaskState {
  const { ordinal } = event.data;
  switch (event.type) {
    case 'NodeRequested':
      return patchSlot(state, ordinal, {
        accessToken: event.data.accessToken,
        requestedAt: event.data.at,
      });
    case 'NodeAssigned':
      return patchSlot(state, ordinal, { node: event.data.node });
    case 'NodeRefused':
      return patchSlot(state, ordinal, { refused: event.data.error });
    case 'ImageMissing':
      return patchSlot(state, ordinal, { imageMissing: true, pulled: false });
    case 'ImagePulled':
      return patchSlot(state, ordinal, { pulled: true, pulls: pullsOf(state, ordinal) + 1 });
    case 'PlaceFailed': {
      const { step, error } = event.data;
      return patchSlot(state, ordinal, { failing: { step, error } });
    }
    case 'PlaceLeft':
      return placeLeft(state, event.data);
    case 'InstanceStarted':
      return patchSlot(state, ordinal, { name: event.data.name, address: event.data.address });
    case 'InstanceHealthy':
      return patchSlot(state, ordinal, { healthy: true });
    default:
      return never(event);
  }
}

/** As it was before it had a place, but for what is known of the one it had. */
function placeLeft(state: TaskState, { ordinal, leftBehind }: TaskEventOf<'PlaceLeft'>['data']): TaskState {
  const slot = state.slots.find((one) => one.ordinal === ordinal);
  if (slot?.failing === undefined || slot.node === undefined) return state;
  const { replaces, restores, canary, proves, release, failedPlaces = [], failing, node } = slot;
  const again: SlotProgress = {
    ...freshSlot({
      ordinal,
      ...(replaces && { replaces }),
      ...(restores !== undefined && { restores }),
      ...(canary && { canary }),
    }),
    ...(release && { release }),
    ...(proves && { proves }),
    failedPlaces: [...failedPlaces, { node, ...failing, leftBehind }],
  };
  return { ...state, slots: state.slots.map((one) => (one.ordinal === ordinal ? again : one)) };
}

/** How often the image of a slot was pulled onto its node. */
export const pullsOf = ({ slots }: TaskState, ordinal: number): number =>
  slots.find((slot) => slot.ordinal === ordinal)?.pulls ?? 0;

/** The first failure counts; one while reverting is kept beside it. */
function failed(state: TaskState, { error, cancelledBy }: TaskEventOf<'StepFailed'>['data']): TaskState {
  if (state.failure === undefined) return { ...state, failure: error, cancelledBy };
  const revertFailure = state.revertFailure ?? error;
  return { ...state, revertFailure, leftoversRemoved: false };
}

/** Where it lay is where it is fetched again, whatever lies at the other place by then. */
function sourceFetched(
  state: TaskState,
  { sourceDigest, config, blob }: TaskEventOf<'SourceFetched'>['data'],
): TaskState {
  const source = blob === undefined ? state.source : { ...state.source, blob, orBlob: undefined };
  return { ...state, sourceDigest, config, source };
}

function stopped(
  state: TaskState,
  { instance, abandoned }: TaskEventOf<'InstanceStopped'>['data'],
): TaskState {
  return {
    ...state,
    stopped: [...state.stopped, instance.name],
    abandoned: abandoned === undefined ? state.abandoned : [...state.abandoned, instance],
  };
}

function apply(state: TaskState, event: Exclude<TaskEvent, { type: 'TaskAccepted' }>): TaskState {
  switch (event.type) {
    case 'DependenciesMet':
      return { ...state, dependenciesMet: true };
    case 'SourceFetched':
      return sourceFetched(state, event.data);
    case 'ReleaseResolved': {
      const { release, layers, canary } = event.data;
      return { ...state, release, layers, ...(canary && { canary }) };
    }
    case 'ReleaseReused':
    case 'ImagePushed':
      return { ...state, release: event.data.release, layers: event.data.layers };
    case 'ImageLost':
      return { ...state, builtTag: undefined, builder: undefined, imageLost: true };
    case 'ImageBuilt':
      return { ...state, builtTag: event.data.tag, builder: event.data.builder };
    case 'InstancesSurveyed': {
      const { instances: survey, ...known } = event.data;
      return { ...state, survey, ...known };
    }
    case 'RoutesClaimed':
      return { ...state, routes: event.data.routes, routesClaimed: true };
    case 'SecretsChecked':
      return { ...state, secretsChecked: true };
    case 'ReleaseCommandDone':
      return { ...state, releaseCommandDone: true };
    case 'TurnTaken':
      return { ...state, turnTaken: true };
    case 'PlanMade': {
      const { slots, ...plan } = event.data;
      return { ...state, plan, slots: slots.map(freshSlot) };
    }
    case 'InstanceDraining':
      return { ...state, draining: { ...state.draining, [event.data.instance]: event.data.until } };
    case 'InstanceStopped':
      return stopped(state, event.data);
    case 'InstanceNotStopped': {
      const { instance, error } = event.data;
      return { ...state, notStopped: { ...state.notStopped, [instance.name]: error } };
    }
    case 'StepFailed':
      return failed(state, event.data);
    case 'LeftoversRemoved':
      return { ...state, leftoversRemoved: true };
    case 'RevertBegun':
      return {
        ...state,
        reverting: true,
        slots: [...state.slots, ...event.data.slots.map((slot) => revertSlot(state, slot))],
      };
    case 'TaskSucceeded':
      return { ...state, outcome: event.data.outcome };
    case 'TaskFailed':
      return { ...state, failure: event.data.error, outcome: 'failed' };
    default:
      return applyToSlot(state, event);
  }
}

/** The next state after `event`. Pure; the first event of a stream is `TaskAccepted`. */
export function evolve(state: TaskState | undefined, event: TaskEvent): TaskState {
  if (event.type === 'TaskAccepted') return accepted(event);
  if (state === undefined) throw new Error(`${event.type} stands before TaskAccepted`);
  return withPhase(apply(state, event), event);
}

/** Folds a whole stream. */
export function foldTask(events: readonly TaskEvent[]): TaskState {
  const state = events.reduce<TaskState | undefined>(evolve, undefined);
  if (state === undefined) throw new Error('a task has at least one event');
  return state;
}
