import { archiveErrorCodes, type PhaseName } from '#libs/contracts';
import type { Effect, EffectKind, EffectOf } from './task.effects.js';
import type { TaskEvent } from './task.events.js';

/**
 * When a replica may die, seen from one effect: `before` it begins; `after` it is done in the world and before that is
 * stored; right after it is `stored`.
 */
export type CrashMoment = 'before' | 'after' | 'stored';

interface EffectEntry {
  /**
   * `run` touches the world, `wait` is brought to its end by others, `record` is done once it is stored. `turn`: the task
   * goes on once no other of its service is rolled out.
   */
  readonly what: 'run' | 'wait' | 'record' | 'turn';
  readonly phase?: PhaseName;
  /** It fails with `<PHASE>_TIMEOUT` when it makes no progress for as long as its phase may. */
  readonly isLimited?: true;
  /** It changes nothing: what reads find side by side is stored together. */
  readonly isRead?: true;
  /** Events that say that it is over. A failure is over, too. */
  readonly endedBy: readonly TaskEvent['type'][];
  /** Of these codes, the ones that are its node's own: the instance is tried at another place (`decideFailure`). */
  readonly elsewhere?: readonly string[];
  /** Where the crash tests kill a replica that does it. */
  readonly crashes: readonly CrashMoment[];
  /** Codes of its failures, as replies give them. */
  readonly codes: readonly string[];
  /** Thrown codes that say what went wrong but not in whose step, and what replies say instead; `*`: all others. */
  readonly renamed?: Readonly<Record<string, string>>;
}

const everyMoment = ['before', 'after', 'stored'] as const;
/** Nothing lies between what is done by its record, or by others, and that record. */
const withoutAfter = ['before', 'stored'] as const;

const ofSource = [
  'SOURCE_NOT_FOUND',
  'BLOB_UNAVAILABLE',
  'DEPLOYER_DISK_FULL',
  'CONFIG_MISSING',
  'CONFIG_INVALID',
  ...archiveErrorCodes,
] as const;
const ofNode = { ENGINE_UNREACHABLE: 'NODE_UNREACHABLE', ENGINE_FORBIDDEN: 'NODE_UNREACHABLE' } as const;
const pullCodes = [
  'PULL_FAILED',
  'PULL_TIMEOUT',
  'REGISTRY_UNREACHABLE',
  'NODE_UNREACHABLE',
  'NO_SPACE',
] as const;
/** Of a start. What the engine refuses for another reason would be refused elsewhere, too. */
const ownOfNode = ['NODE_UNREACHABLE', 'PORT_TAKEN', 'NO_SPACE', 'START_TIMEOUT'] as const;
const kept = (...codes: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(codes.map((code) => [code, code]));
const recorded = { what: 'record', crashes: withoutAfter, codes: [] } as const;

/** What there is to know of each effect. Whoever adds one fills in its entry, and the compiler asks for its file. */
export const effectTable = {
  'await-dependencies': {
    ...{ what: 'wait', endedBy: ['DependenciesMet'], crashes: withoutAfter },
    codes: ['DEPENDENCY_FAILED'],
  },
  'fetch-source': {
    ...{ what: 'run', phase: 'fetch', isLimited: true, endedBy: ['SourceFetched'], crashes: everyMoment },
    codes: [...ofSource, 'RUNTIME_UNKNOWN', 'SOURCE_UNCLEAR'],
    renamed: { BLOB_NOT_FOUND: 'SOURCE_NOT_FOUND' },
  },
  'build-image': {
    ...{ what: 'run', phase: 'build', isLimited: true, endedBy: ['ImageBuilt'], crashes: everyMoment },
    codes: [
      ...ofSource,
      'RUNTIME_UNKNOWN',
      'SOURCE_UNCLEAR',
      'IMAGE_NOT_FOUND',
      'BUILD_FAILED',
      'BUILDER_DISK_FULL',
      'NO_SPACE',
      'ENGINE_UNREACHABLE',
      'ENGINE_FORBIDDEN',
      'ENGINE_UNSUPPORTED',
      'ENGINE_FAILED',
      'REGISTRY_DENIED',
      'REGISTRY_UNREACHABLE',
    ],
  },
  'push-image': {
    ...{ what: 'run', phase: 'push', isLimited: true, crashes: everyMoment },
    endedBy: ['ImagePushed', 'ImageLost'],
    codes: ['PUSH_FAILED', 'PUSH_TIMEOUT'],
    renamed: { '*': 'PUSH_FAILED', ...kept('PUSH_TIMEOUT') },
  },
  'resolve-release': {
    ...{ what: 'run', isRead: true, endedBy: ['ReleaseResolved'], crashes: everyMoment },
    codes: ['RELEASE_NOT_FOUND'],
  },
  'check-secrets': {
    ...{ what: 'run', endedBy: ['SecretsChecked'], crashes: everyMoment },
    codes: ['SECRET_NOT_FOUND', 'ROUTE_TAKEN', 'ROUTE_HEADERS'],
  },
  'take-turn': { what: 'turn', endedBy: ['TurnTaken'], crashes: withoutAfter, codes: [] },
  survey: {
    ...{ what: 'run', isRead: true, endedBy: ['InstancesSurveyed'], crashes: everyMoment },
    codes: [],
  },
  'claim-routes': {
    ...{ what: 'run', endedBy: ['RoutesClaimed'], crashes: everyMoment },
    codes: ['ROUTE_TAKEN', 'ROUTE_HEADERS'],
  },
  'make-plan': {
    ...{ ...recorded, endedBy: ['PlanMade'] },
    codes: [
      'INSTANCE_NOT_FOUND',
      'CANARY_REFUSED',
      'SCALE_OUT_OF_BOUNDS',
      'SCALE_OUTDATED',
      'SECRET_NOT_FOUND',
    ],
  },
  'request-node': { ...recorded, endedBy: ['NodeRequested'] },
  'await-node': {
    ...{ what: 'wait', phase: 'place', crashes: withoutAfter },
    endedBy: ['NodeAssigned', 'NodeRefused'],
    codes: ['NO_NODE'],
  },
  'pull-image': {
    ...{ what: 'run', phase: 'pull', isLimited: true, endedBy: ['ImagePulled'], crashes: everyMoment },
    codes: pullCodes,
    // The image is in the registry: what fails is the way of this node to it.
    elsewhere: pullCodes,
    // An outage is kept apart from other failures: it uses up no attempt of a repair.
    renamed: { '*': 'PULL_FAILED', ...kept('PULL_TIMEOUT', 'REGISTRY_UNREACHABLE', 'NO_SPACE'), ...ofNode },
  },
  'run-release-command': {
    ...{
      what: 'run',
      phase: 'release',
      endedBy: ['ReleaseCommandDone'],
      crashes: everyMoment,
    },
    codes: [
      ...['RELEASE_FAILED', 'NODE_UNREACHABLE', 'NAME_TAKEN', 'SPEC_INVALID', 'NO_SPACE'],
      ...['IMAGE_NOT_FOUND', 'ENGINE_FAILED', 'SECRET_NOT_FOUND', 'SECRET_UNREADABLE'],
    ],
    elsewhere: ['NODE_UNREACHABLE', 'NO_SPACE'],
    renamed: ofNode,
  },
  'start-instance': {
    ...{ what: 'run', phase: 'start', isLimited: true, crashes: everyMoment },
    endedBy: ['InstanceStarted', 'ImageMissing'],
    codes: [
      ...ownOfNode,
      'IMAGE_NOT_FOUND',
      'NAME_TAKEN',
      'SPEC_INVALID',
      'ENGINE_FAILED',
      'SECRET_NOT_FOUND',
      'SECRET_UNREADABLE',
    ],
    elsewhere: ownOfNode,
    renamed: ofNode,
  },
  'probe-instance': {
    ...{ what: 'run', phase: 'healthy', endedBy: ['InstanceHealthy'], crashes: everyMoment },
    codes: ['CONTAINER_EXITED', 'CONTAINER_NOT_FOUND', 'HEALTH_TIMEOUT', 'NODE_UNREACHABLE'],
    elsewhere: ['NODE_UNREACHABLE'],
    renamed: ofNode,
  },
  'leave-place': {
    ...{ what: 'run', phase: 'stop', isLimited: true, endedBy: ['PlaceLeft'], crashes: everyMoment },
    codes: [],
  },
  'drain-instance': { ...recorded, endedBy: ['InstanceDraining'] },
  'stop-instance': {
    ...{ what: 'run', phase: 'stop', isLimited: true, crashes: everyMoment },
    endedBy: ['InstanceStopped', 'InstanceNotStopped'],
    codes: ['NODE_UNREACHABLE', 'ENGINE_FAILED'],
    renamed: ofNode,
  },
  'remove-leftovers': {
    ...{ what: 'run', phase: 'stop', isLimited: true, endedBy: ['LeftoversRemoved'], crashes: everyMoment },
    codes: [],
  },
  'begin-revert': { ...recorded, endedBy: ['RevertBegun'] },
  succeed: { ...recorded, endedBy: ['TaskSucceeded'] },
  fail: { ...recorded, endedBy: ['TaskFailed'] },
} as const satisfies { readonly [K in EffectKind]: EffectEntry };

export const effectKinds = Object.keys(effectTable) as readonly EffectKind[];

type Table = typeof effectTable;

/** The kinds of effects whose entries have this in them. */
export type KindWith<Part> = { [K in EffectKind]: Table[K] extends Part ? K : never }[EffectKind];

/** Effects on the world. */
export type Runnable = EffectOf<KindWith<{ what: 'run' }>>;
/** Effects that others bring to their end: the load balancer, another task. */
export type Wait = EffectOf<KindWith<{ what: 'wait' }>>;
/** Effects that are done once they are recorded: nothing outside the database is touched. */
export type Recorded = EffectOf<KindWith<{ what: 'record' }>>;

export const entryOf = (kind: EffectKind): EffectEntry => effectTable[kind];

export const isRunnable = (effect: Effect): effect is Runnable => entryOf(effect.kind).what === 'run';
export const isWait = (effect: Effect): effect is Wait => entryOf(effect.kind).what === 'wait';
export const isTurn = (effect: Effect): effect is EffectOf<'take-turn'> =>
  entryOf(effect.kind).what === 'turn';
export const isRecorded = (effect: Effect): effect is Recorded => entryOf(effect.kind).what === 'record';
export const isRead = ({ kind }: Effect): boolean => entryOf(kind).isRead === true;
