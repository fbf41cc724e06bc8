import { toTaskError } from '../domain/task-error.js';
import { nextEffect, type Effect } from '../domain/task.effects.js';
import { evolve, foldTask, type TaskState } from '../domain/task.state.js';
import type { AroundStep, ClaimedTask, Clock, StepResult, StepWrites, TaskStore } from '../ports.js';
import type { EffectRunner, EffectScope } from './effect-runner.js';
import { isRecorded, record, type Recorded, withFollowing } from './recorded-effects.js';

export interface RunTaskPorts {
  readonly store: TaskStore;
  readonly clock: Clock;
  readonly effects: EffectRunner;
  /** True for an error that must stop this worker without a trace: the lease went to another. */
  isLeaseLost(error: unknown): boolean;
  readonly aroundStep: AroundStep;
  /** Told once a step, for logs and metrics. */
  onStep?(state: TaskState, effect: Effect['kind'], ms: number, error?: unknown): void;
}

/** How long one waiting task is left alone before it looks again by itself; a wake comes first. */
const PARK_MS = 5_000;

export type RunOutcome = 'finished' | 'parked' | 'lost';

/**
 * Carries a claimed task on from wherever its events say it is, until it ends, waits, or the lease is lost.
 * Every step is: fold, next effect, run it, append what happened in one transaction guarded by the fence.
 */
export async function runTask(
  ports: RunTaskPorts,
  claim: ClaimedTask,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const history = await ports.store.history(claim.taskId);
  let state = foldTask(history.events.map((e) => e.event));
  let version = history.version;
  const scope: EffectScope = { claim, signal };
  try {
    for (let effect = nextEffect(state); effect !== undefined; effect = nextEffect(state)) {
      if (signal.aborted) return 'lost';
      const at = { scope, state, version };
      const next = effect;
      const advanced = await ports.aroundStep(state, next, () => advance(ports, at, next));
      if (advanced === 'parked') return 'parked';
      state = advanced.reduce<TaskState>(evolve, state);
      version += advanced.length;
    }
    return 'finished';
  } catch (error) {
    if (signal.aborted || ports.isLeaseLost(error)) return 'lost';
    throw error;
  } finally {
    await scope.source?.dispose();
  }
}

interface Position {
  readonly scope: EffectScope;
  readonly state: TaskState;
  readonly version: number;
}

async function advance(ports: RunTaskPorts, at: Position, effect: Effect): Promise<StepResult> {
  const { scope, state, version } = at;
  const done = isRecorded(effect) ? record(state, effect) : await perform(ports, at, effect);
  if (done === 'parked') return 'parked';
  const writes = withFollowing(state, done);
  await ports.store.append(scope.claim, state, version, writes);
  return writes.events;
}

type Step = Exclude<Effect, Recorded>;

async function perform(ports: RunTaskPorts, at: Position, effect: Step): Promise<StepWrites | 'parked'> {
  const started = performance.now();
  const writes = await attempt(ports, at, effect);
  ports.onStep?.(at.state, effect.kind, performance.now() - started);
  return writes;
}

async function attempt(ports: RunTaskPorts, at: Position, effect: Step): Promise<StepWrites | 'parked'> {
  const { scope, state } = at;
  if (effect.kind === 'remove-leftovers') return ports.effects.removeLeftovers(state);
  const now = ports.clock.now();
  if (Date.parse(state.deadlineAt) <= now.getTime())
    return failed(effect.kind, deadlineError(state, effect.kind));
  try {
    if (effect.kind === 'await-node') {
      return await ports.effects.awaitNode(scope, state, effect, new Date(now.getTime() + PARK_MS));
    }
    return await ports.effects.run(scope, state, effect);
  } catch (error) {
    if (scope.signal.aborted || ports.isLeaseLost(error)) throw error;
    ports.onStep?.(state, effect.kind, 0, error);
    return failed(effect.kind, toTaskError(effect.kind, error));
  }
}

function failed(step: string, error: ReturnType<typeof toTaskError>): StepWrites {
  return { events: [{ type: 'StepFailed', data: { step, error } }] };
}

function deadlineError(state: TaskState, step: string): ReturnType<typeof toTaskError> {
  return {
    code: 'DEADLINE_EXCEEDED',
    message: `The request's deadline (${state.deadlineAt}) passed before the step ${step}.`,
    hint: 'Send the request again with a new token and a larger deadlineMs.',
  };
}
