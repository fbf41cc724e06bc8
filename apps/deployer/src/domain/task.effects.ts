import type { ServiceOutcome, TaskError } from '#libs/contracts';
import type { PlacedNode, Release } from './task.events.js';
import type { InstanceProgress, TaskState } from './task.state.js';

/** What is to be done next. Each is idempotent by name, so that a take-over may do it again. */
export type Effect =
  | { readonly kind: 'fetch-source' }
  | { readonly kind: 'build-image'; readonly sourceDigest: string }
  | { readonly kind: 'push-image'; readonly sourceDigest: string; readonly tag: string }
  | { readonly kind: 'resolve-release' }
  | {
      readonly kind: 'request-node';
      readonly ordinal: number;
      readonly accessToken: string;
      readonly release: Release;
    }
  | { readonly kind: 'await-node'; readonly ordinal: number; readonly accessToken: string }
  | {
      readonly kind: 'pull-image';
      readonly ordinal: number;
      readonly node: PlacedNode;
      readonly release: Release;
    }
  | { readonly kind: 'start-instance'; readonly instance: PlacedInstance; readonly release: Release }
  | { readonly kind: 'probe-instance'; readonly instance: StartedInstance; readonly release: Release }
  /** What is healthy is kept running by its engine; what ran before is stopped. */
  | { readonly kind: 'hand-over' }
  | { readonly kind: 'stop-instances' }
  | { readonly kind: 'remove-leftovers'; readonly instances: readonly InstanceProgress[] }
  | { readonly kind: 'succeed'; readonly outcome: Exclude<ServiceOutcome, 'failed'> }
  | { readonly kind: 'fail'; readonly error: TaskError };

export type EffectKind = Effect['kind'];
export type PlacedInstance = InstanceProgress & { readonly node: PlacedNode };
export type StartedInstance = PlacedInstance & Required<Pick<InstanceProgress, 'name' | 'address'>>;

function instanceEffect(state: TaskState, release: Release, ordinal: number): Effect | undefined {
  const instance = state.instances.find((i) => i.ordinal === ordinal);
  if (instance === undefined) {
    const accessToken = accessTokenOf(state, ordinal);
    return { kind: 'request-node', ordinal, accessToken, release };
  }
  const { node, name, address } = instance;
  if (node === undefined) return { kind: 'await-node', ordinal, accessToken: instance.accessToken };
  if (!instance.pulled) return { kind: 'pull-image', ordinal, node, release };
  if (name === undefined || address === undefined) {
    return { kind: 'start-instance', instance: { ...instance, node }, release };
  }
  if (!instance.healthy)
    return { kind: 'probe-instance', instance: { ...instance, node, name, address }, release };
  return undefined;
}

function runEffect(state: TaskState, release: Release): Effect {
  for (let ordinal = 0; ordinal < release.config.replicas; ordinal += 1) {
    const effect = instanceEffect(state, release, ordinal);
    if (effect !== undefined) return effect;
  }
  return state.previousStopped ? { kind: 'succeed', outcome: 'running' } : { kind: 'hand-over' };
}

function releaseEffect(state: TaskState): Effect {
  if (state.mode === 'run') return { kind: 'resolve-release' };
  if (state.sourceDigest === undefined) return { kind: 'fetch-source' };
  if (state.builtTag === undefined) return { kind: 'build-image', sourceDigest: state.sourceDigest };
  return { kind: 'push-image', sourceDigest: state.sourceDigest, tag: state.builtTag };
}

/** The next effect of a task, or undefined when it has ended. Pure. */
export function nextEffect(state: TaskState): Effect | undefined {
  if (state.outcome !== undefined) return undefined;
  if (state.failure !== undefined) {
    return state.leftoversRemoved
      ? { kind: 'fail', error: state.failure }
      : { kind: 'remove-leftovers', instances: state.instances };
  }
  if (state.mode === 'stop') {
    if (state.stoppedCount === undefined) return { kind: 'stop-instances' };
    return { kind: 'succeed', outcome: state.stoppedCount > 0 ? 'stopped' : 'not-running' };
  }
  if (state.release === undefined) return releaseEffect(state);
  return state.mode === 'build' ? { kind: 'succeed', outcome: 'built' } : runEffect(state, state.release);
}

/** Our key of one node request: `<token>:<service>:<ordinal>`. */
function accessTokenOf(state: TaskState, ordinal: number): string {
  return `${state.token}:${state.service}:${ordinal}`;
}
