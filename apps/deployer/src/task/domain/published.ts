import type { DeploymentProgress } from '#libs/contracts';
import type { Release, RunningInstance, TaskEvent, TaskEventOf } from './task.events.js';
import type { TaskState } from './task.state.js';

type Type = TaskEvent['type'];
type DataOf<T extends Type> = TaskEventOf<T>['data'];

/** These fields of an event, and no others. */
const only =
  <T extends Type>(...fields: readonly (keyof DataOf<T>)[]) =>
  (data: DataOf<T>): Record<string, unknown> =>
    Object.fromEntries(fields.map((field) => [field, data[field]]));

/** A release is known by its id. Its config may hold what is nobody's business, so it stays inside. */
const releaseOf = ({ release }: { readonly release: Release }) => ({ release: release.id });

const surveyed = ({ name, node, container, address, alive, unreachable, release }: RunningInstance) => ({
  ...{ name, node, container, address, alive, unreachable, release: release.id },
});

/**
 * What leaves the deployer of each event: an allow-list. An event that is not listed is published by its name alone, a
 * field that is not listed not at all.
 */
const fieldsOf: { readonly [T in Type]?: (data: DataOf<T>) => Record<string, unknown> } = {
  TaskAccepted: only<'TaskAccepted'>(
    ...(['token', 'appId', 'appName', 'service', 'mode', 'source', 'deadlineAt', 'wantedRelease'] as const),
    ...([
      'dependsOn',
      'dryRun',
      'restart',
      'scale',
      'replicas',
      'principal',
      'verified',
      'reason',
      'written',
    ] as const),
  ),
  SourceFetched: only<'SourceFetched'>('sourceDigest', 'detected', 'blob', 'phase', 'ms'),
  ReleaseReused: releaseOf,
  ImageBuilt: only<'ImageBuilt'>('tag', 'builder', 'phase', 'ms'),
  ImageLost: only<'ImageLost'>('tag'),
  ImagePushed: ({ phase, ms, ...data }) => ({ ...releaseOf(data), phase, ms }),
  ReleaseResolved: ({ canary, ...data }) => ({
    ...releaseOf(data),
    ...(canary && { canary: canary.id }),
  }),
  InstancesSurveyed: ({ instances, secrets }) => ({ instances: instances.map(surveyed), secrets }),
  RoutesClaimed: ({ routes }) => ({ routes: routes.routes.map(({ host, path }) => ({ host, path })) }),
  PlanMade: only<'PlanMade'>('slots', 'surplus', 'kept', 'notes', 'spec'),
  NodeRequested: only<'NodeRequested'>('ordinal', 'accessToken', 'at'),
  NodeAssigned: only<'NodeAssigned'>('ordinal', 'node', 'phase', 'ms'),
  NodeRefused: only<'NodeRefused'>('ordinal', 'error'),
  ImageMissing: only<'ImageMissing'>('ordinal'),
  ImagePulled: only<'ImagePulled'>('ordinal', 'phase', 'ms'),
  ReleaseCommandDone: only<'ReleaseCommandDone'>('ran', 'phase', 'ms'),
  PlaceFailed: only<'PlaceFailed'>('ordinal', 'node', 'port', 'step', 'error'),
  PlaceLeft: only<'PlaceLeft'>('ordinal', 'node', 'leftBehind', 'phase', 'ms'),
  InstanceStarted: only<'InstanceStarted'>('ordinal', 'name', 'address', 'phase', 'ms'),
  InstanceHealthy: only<'InstanceHealthy'>('ordinal', 'phase', 'ms'),
  InstanceDraining: only<'InstanceDraining'>('instance', 'until'),
  InstanceStopped: only<'InstanceStopped'>('instance', 'abandoned', 'phase', 'ms'),
  InstanceNotStopped: only<'InstanceNotStopped'>('instance', 'error'),
  StepFailed: only<'StepFailed'>('step', 'error'),
  LeftoversRemoved: only<'LeftoversRemoved'>('instances'),
  RevertBegun: only<'RevertBegun'>('slots'),
  TaskSucceeded: only<'TaskSucceeded'>('outcome'),
  TaskFailed: only<'TaskFailed'>('error'),
};

function publishedData<T extends Type>(event: {
  readonly type: T;
  readonly data: DataOf<T>;
}): Record<string, unknown> {
  const fields: ((data: DataOf<T>) => Record<string, unknown>) | undefined = fieldsOf[event.type];
  return fields?.(event.data) ?? {};
}

function nodeOf({ data }: TaskEvent): string | undefined {
  if (!('node' in data)) return undefined;
  return typeof data.node === 'string' ? data.node : data.node.name;
}

/** When an event was stored, by whom, as which of its task. */
type StoredAs = Pick<DeploymentProgress, 'version' | 'at' | 'replica'>;

/** One stored event as `deployment.events` tells it. */
export function published(state: TaskState, event: TaskEvent, stored: StoredAs): DeploymentProgress {
  const { token, appId, service } = state;
  const data = publishedData(event);
  const { phase, ms } = data as { readonly phase?: string; readonly ms?: number };
  return { token, appId, service, event: event.type, ...stored, phase, ms, node: nodeOf(event), data };
}
