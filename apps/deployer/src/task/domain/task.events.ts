import type { ReachedBy } from '../../routes/domain/service-routes.js';
import type { ServiceSpec } from '../../services/domain/spec.js';
import type {
  ImageLayers,
  InstanceAddress,
  ServiceConfig,
  ServiceMode,
  ServiceOutcome,
  TaskError,
} from '#libs/contracts';

/** An immutable build of a service. Never changed, only superseded. */
export interface Release {
  readonly id: string;
  /** sha256 of the source tree, hex. */
  readonly sourceDigest: string;
  /** `host/repository@sha256:...` */
  readonly image: string;
  /** What the image was built for, such as amd64. */
  readonly architecture?: string;
  readonly config: ServiceConfig;
  /** The name of the builder. */
  readonly builder?: string;
}

/** A node as the load balancer assigned it; its login is kept apart and never in an event. */
export interface PlacedNode {
  readonly name: string;
  readonly address: string;
  /** Host port reserved for the instance; of a worker, none. */
  readonly port?: number;
  readonly score: number;
}

/** A volume of the service, and the node on which its data lies. */
export interface PlacedVolume {
  readonly name: string;
  readonly node: string;
}

export interface InstanceRef {
  /** Container name; unique for ever. */
  readonly name: string;
  readonly node: string;
  readonly container: string;
}

/** An instance that the deployer launched and has not removed. */
export interface RunningInstance extends InstanceRef {
  readonly release: Release;
  readonly address: InstanceAddress;
  /** What the engine of its node says. */
  readonly alive: boolean;
  /** Its node did not answer, so whether it runs is not known. */
  readonly unreachable?: boolean;
}

/** One instance that is to be started. */
export interface Slot {
  readonly ordinal: number;
  /** The instance that is stopped once this one serves. */
  readonly replaces?: InstanceRef;
  /** It runs the release of the canary. */
  readonly canary?: true;
  /** No instance is wanted: it is stopped once it was healthy, which proves that the release runs. */
  readonly proves?: true;
  /** Of a revert, where what it replaces is gone already: the name of the instance whose release comes back. */
  readonly restores?: string;
}

/** Who asked for something. */
export interface Asker {
  readonly principal?: string;
  /** False for a name that was only claimed. */
  readonly verified?: boolean;
}

export type TaskMode = ServiceMode | 'scale';

/** The node request that waits for the room of an instance. */
export interface MakesRoomFor {
  readonly accessToken: string;
  readonly appId: string;
  readonly service: string;
  readonly priority: number;
}

/** A release that is to get a part of the requests; none any more with 0 percent. */
export interface CanaryWish {
  readonly release: string;
  readonly percent: number;
  readonly instances?: number;
}

/** What a scale request asks for; one of these. */
interface ScaleWish {
  readonly by?: number;
  readonly to?: number;
  /** With `to`: of an autoscaler. */
  readonly fence?: number;
  /** RFC 3339; a plan that is made later changes nothing. */
  readonly validUntil?: string;
  readonly instance?: string;
  readonly canary?: CanaryWish;
  /** Of a repair: the instance in whose place another is started if it does not run. */
  readonly repairs?: string;
  /** With `repairs`: others of its service that do not run either, in whose places others are started beside it. */
  readonly alsoRepairs?: readonly string[];
  /** With `repairs`: also if it runs, for it is to leave its node. */
  readonly moves?: true;
  /** With `moves`: the node on which the other one is started, to balance the load; any other one where it is left out. */
  readonly toNode?: string;
  /** With `moves`: it can run nowhere else, so it is stopped, as far as `maxUnavailable` of its config.json lets it be missing. */
  readonly yields?: true;
  /** With `repairs`: it is stopped, and nothing stands in for it, so that one of a higher priority has room. */
  readonly makesRoomFor?: MakesRoomFor;
  /** Of a repair: as many instances as the spec wants. */
  readonly restore?: boolean;
}

interface Timed {
  /** The phase this step ended, and how long it took in milliseconds. */
  readonly phase: string;
  readonly ms: number;
}

interface OfSlot {
  readonly ordinal: number;
}

interface OfRelease {
  readonly release: Release;
  /** What its image consists of; left out where the registry did not say. */
  readonly layers?: ImageLayers;
}

type Routes = Omit<ReachedBy, 'traffic'>;

/** What can happen to one task, by name. Stored for ever: only ever add optional members. */
interface TaskEventData {
  TaskAccepted: {
    readonly token: string;
    readonly appId: string;
    readonly appName: string;
    readonly service: string;
    readonly mode: TaskMode;
    readonly source: {
      readonly blob: string;
      /** Another place where it may lie: of both, the zip that was written last is taken. */
      readonly orBlob?: string;
      readonly container?: string;
      /** Of the zip, hex. */
      readonly sha256?: string;
    };
    /** The names as the request wrote them, where they are others here. */
    readonly written?: { readonly appId?: string; readonly service?: string };
    /** RFC 3339. */
    readonly deadlineAt: string;
    /** The id of the release that was asked for. */
    readonly wantedRelease?: string;
    readonly dependsOn?: readonly string[];
    readonly dryRun?: boolean;
    /** Replaces also what runs the wanted release already. */
    readonly restart?: boolean;
    readonly scale?: ScaleWish;
    /** Nothing is known of its service yet, so it follows the builds that were asked for before it. */
    readonly afterBuilds?: boolean;
    /** Sets the number of instances, whatever config.json declares. */
    readonly replicas?: number;
    /** Who asked: a name that was claimed, unless it is verified. */
    readonly principal?: string;
    readonly verified?: boolean;
    readonly reason?: string;
  };
  DependenciesMet: object;
  SourceFetched: Timed & {
    readonly sourceDigest: string;
    readonly config: ServiceConfig;
    /** What the source is and how it is built, in one line; not of what is built already. */
    readonly detected?: string;
    /** Where it lay, where that could be one of two places. */
    readonly blob?: string;
  };
  /** The application has all secrets that the service names, and nobody else its routes. */
  SecretsChecked: object;
  ReleaseReused: OfRelease;
  ImageBuilt: Timed & { readonly tag: string; readonly builder?: string };
  /** What was built is nowhere any more: it is built again, once. */
  ImageLost: { readonly tag: string };
  ImagePushed: Timed & OfRelease;
  /** `canary`: the release that is tried beside it, where one is. */
  ReleaseResolved: OfRelease & { readonly canary?: Release };
  /** The task has the turn of its service: no other rollout of it is under way. */
  TurnTaken: object;
  /** What runs of the service now. */
  InstancesSurveyed: {
    readonly instances: readonly RunningInstance[];
    /** Names of the secrets that the application has. */
    readonly secrets?: readonly string[];
    /** What is wanted of the service, before this task. */
    readonly spec?: ServiceSpec;
    /** The task's place in the order of arrival. */
    readonly arrival?: number;
    readonly volumes?: readonly PlacedVolume[];
    /** How the service is reached, where that was ever said. */
    readonly routes?: Routes;
    /** Of one that makes room: whether the other one waits for it still. */
    readonly roomAwaited?: boolean;
    /** Of an autoscaler's request: a later one waits behind it. */
    readonly isOvertaken?: boolean;
  };
  /** What the service declares of how it is reached is its own: what counts from its success on. */
  RoutesClaimed: { readonly routes: Routes };
  /** What is to be started, what it replaces, what is stopped besides; once a task. */
  PlanMade: {
    readonly slots: readonly Slot[];
    readonly surplus: readonly InstanceRef[];
    /** What runs already and stays. */
    readonly kept: readonly string[];
    readonly notes: readonly string[];
    /** What is wanted from now on, where the task changes it. */
    readonly spec?: ServiceSpec;
  };
  /** When, RFC 3339. */
  NodeRequested: OfSlot & { readonly accessToken: string; readonly at?: string };
  NodeAssigned: OfSlot & Timed & { readonly node: PlacedNode };
  /** No node takes the instance. A scaling or a restore goes on with the others, then fails. */
  NodeRefused: OfSlot & { readonly error: TaskError };
  /** The slot's node does not have the image yet. */
  ImageMissing: OfSlot;
  ImagePulled: OfSlot & Timed;
  /** The release command has run, in this task or an earlier one. */
  ReleaseCommandDone: Timed & { readonly ran: boolean };
  /** What its node lacks kept it from being started there: it is tried at another place. */
  PlaceFailed: OfSlot & {
    readonly node: string;
    /** The host port that was reserved there. */
    readonly port?: number;
    readonly step: string;
    readonly error: TaskError;
  };
  PlaceLeft: OfSlot &
    Timed & {
      readonly node: string;
      /** Why what was begun there could not be removed: it is removed when the node answers. */
      readonly leftBehind?: TaskError;
    };
  InstanceStarted: OfSlot & Timed & { readonly name: string; readonly address: InstanceAddress };
  InstanceHealthy: OfSlot & Timed;
  /** No more traffic for it from now on. */
  InstanceDraining: { readonly instance: string; readonly until: string };
  InstanceStopped: Timed & {
    readonly instance: InstanceRef;
    /** Why it could not be stopped: its node does not answer. It is removed when the node does. */
    readonly abandoned?: TaskError;
  };
  /** It was to be stopped, and nothing stands in for it: the task goes on with the others, then fails. */
  InstanceNotStopped: { readonly instance: InstanceRef; readonly error: TaskError };
  /** `cancelledBy`: where the request was cancelled. */
  StepFailed: { readonly step: string; readonly error: TaskError; readonly cancelledBy?: Asker };
  LeftoversRemoved: { readonly instances: readonly string[] };
  /** What was replaced already comes back: the release before, one slot for each. */
  RevertBegun: { readonly slots: readonly Slot[] };
  TaskSucceeded: { readonly outcome: Exclude<ServiceOutcome, 'failed'> };
  TaskFailed: { readonly error: TaskError };
}

export type TaskEvent = {
  readonly [T in keyof TaskEventData]: { readonly type: T; readonly data: TaskEventData[T] };
}[keyof TaskEventData];

export type TaskEventOf<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>;
