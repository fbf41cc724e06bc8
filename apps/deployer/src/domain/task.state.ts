import type { InstanceAddress, RequestMode, ServiceConfig, ServiceOutcome, TaskError } from '#libs/contracts';
import type { PlacedNode, Release, TaskEvent, TaskEventOf } from './task.events.js';

/** One replica's way from a wish to a healthy container. */
export interface InstanceProgress {
  readonly ordinal: number;
  readonly accessToken: string;
  readonly node?: PlacedNode;
  readonly pulled: boolean;
  readonly name?: string;
  readonly address?: InstanceAddress;
  readonly healthy: boolean;
}

/** The fold of a task's events. */
export interface TaskState {
  readonly token: string;
  readonly appId: string;
  readonly appName: string;
  readonly service: string;
  readonly mode: RequestMode;
  readonly source: { readonly blob: string; readonly container?: string };
  readonly deadlineAt: string;
  readonly sourceDigest?: string;
  readonly config?: ServiceConfig;
  readonly builtTag?: string;
  readonly release?: Release;
  readonly instances: readonly InstanceProgress[];
  readonly previousStopped: boolean;
  /** Undefined until a `stop` has run; then how many instances it stopped. */
  readonly stoppedCount?: number;
  readonly failure?: TaskError;
  readonly leftoversRemoved: boolean;
  readonly outcome?: ServiceOutcome;
  /** Milliseconds per phase, summed over replicas. */
  readonly phases: Readonly<Record<string, number>>;
}

function accepted(event: TaskEventOf<'TaskAccepted'>): TaskState {
  return { ...event.data, instances: [], previousStopped: false, leftoversRemoved: false, phases: {} };
}

function patchInstance(state: TaskState, ordinal: number, patch: Partial<InstanceProgress>): TaskState {
  return {
    ...state,
    instances: state.instances.map((i) => (i.ordinal === ordinal ? { ...i, ...patch } : i)),
  };
}

function withPhase(state: TaskState, event: TaskEvent): TaskState {
  if (!('phase' in event.data)) return state;
  const { phase, ms } = event.data;
  return { ...state, phases: { ...state.phases, [phase]: (state.phases[phase] ?? 0) + ms } };
}

function apply(state: TaskState, event: Exclude<TaskEvent, { type: 'TaskAccepted' }>): TaskState {
  switch (event.type) {
    case 'SourceFetched':
      return { ...state, sourceDigest: event.data.sourceDigest, config: event.data.config };
    case 'ReleaseReused':
    case 'ReleaseResolved':
    case 'ImagePushed':
      return { ...state, release: event.data.release };
    case 'ImageBuilt':
      return { ...state, builtTag: event.data.tag };
    case 'NodeRequested':
      return {
        ...state,
        instances: [...state.instances, { ...event.data, pulled: false, healthy: false }],
      };
    case 'NodeAssigned':
      return patchInstance(state, event.data.ordinal, { node: event.data.node });
    case 'ImagePulled':
      return patchInstance(state, event.data.ordinal, { pulled: true });
    case 'InstanceStarted':
      return patchInstance(state, event.data.ordinal, { name: event.data.name, address: event.data.address });
    case 'InstanceHealthy':
      return patchInstance(state, event.data.ordinal, { healthy: true });
    case 'PreviousStopped':
      return { ...state, previousStopped: true };
    case 'InstancesStopped':
      return { ...state, stoppedCount: event.data.instances.length };
    case 'StepFailed':
      return { ...state, failure: event.data.error };
    case 'LeftoversRemoved':
      return { ...state, leftoversRemoved: true };
    case 'TaskSucceeded':
      return { ...state, outcome: event.data.outcome };
    case 'TaskFailed':
      return { ...state, failure: event.data.error, outcome: 'failed' };
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
