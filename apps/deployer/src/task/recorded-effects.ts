import type { TaskError } from '#libs/contracts';
import { makePlan, planProblem } from '../rollout/domain/plan.js';
import { serviceReply } from '../requests/domain/reply.js';
import { servingOf } from '../rollout/domain/serving.js';
import { specAfterFailure } from '../services/domain/task-spec.js';
import { nextEffects, type Effect, type EffectOf } from './domain/task.effects.js';
import type { TaskEvent } from './domain/task.events.js';
import {
  evolve,
  isStopped,
  limitsOf,
  releaseConfig,
  releaseOf,
  type TaskState,
} from './domain/task.state.js';
import type { StepWrites } from './ports.js';

const kinds = ['make-plan', 'request-node', 'drain-instance', 'begin-revert', 'succeed', 'fail'] as const;

/** Effects that are done once they are recorded: nothing outside the database is touched. */
export type Recorded = EffectOf<(typeof kinds)[number]>;

export interface RecordOptions {
  readonly now: Date;
  /** How long an instance that gets no more traffic is left alone; its config may say otherwise. */
  readonly drainMs: number;
}

export const isRecorded = (effect: Effect): effect is Recorded =>
  (kinds as readonly string[]).includes(effect.kind);

/** What an effect that is done by its record amounts to. Pure. */
export function record(state: TaskState, effect: Recorded, options: RecordOptions): StepWrites {
  switch (effect.kind) {
    case 'make-plan':
      return planned(state, options);
    case 'request-node':
      return requestNode(state, effect, options);
    case 'drain-instance':
      return drain(state, effect, options);
    case 'begin-revert':
      return { events: [{ type: 'RevertBegun', data: { slots: effect.slots } }] };
    case 'succeed':
      return ended(state, { type: 'TaskSucceeded', data: { outcome: effect.outcome } });
    case 'fail':
      return {
        ...ended(state, { type: 'TaskFailed', data: { error: whole(state, effect.error) } }),
        spec: specAfterFailure(state, options.now.toISOString()),
      };
  }
}

function planned(state: TaskState, { now }: RecordOptions): StepWrites {
  const error = planProblem(state);
  if (error !== undefined) return { events: [{ type: 'StepFailed', data: { step: 'make-plan', error } }] };
  const data = makePlan(state, now.toISOString());
  return { events: [{ type: 'PlanMade', data }], spec: data.spec };
}

/** The writes of a step and of the recorded effects that follow it, for one transaction. Pure. */
export function withFollowing(before: TaskState, writes: StepWrites, options: RecordOptions): StepWrites {
  const state = writes.events.reduce<TaskState>(evolve, before);
  const next = nextEffects(state).find(isRecorded);
  return next === undefined
    ? writes
    : withFollowing(before, joined(writes, record(state, next, options)), options);
}

/** Both for one transaction. What is no list is written by one step of a task only. */
export function joined(first: StepWrites, then: StepWrites): StepWrites {
  const all: Record<string, unknown> = { ...first };
  for (const [name, value] of Object.entries(then)) {
    const before = all[name];
    all[name] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : (value ?? before);
  }
  return { ...all, events: [...first.events, ...then.events] };
}

function ended(state: TaskState, event: TaskEvent): StepWrites {
  return { events: [event], result: serviceReply(evolve(state, event)) };
}

function drain(
  state: TaskState,
  { instance }: EffectOf<'drain-instance'>,
  { now, drainMs }: RecordOptions,
): StepWrites {
  const before = state.survey?.find(({ name }) => name === instance.name);
  const config = before?.release.config ?? state.release?.config;
  const waits = before?.alive === false ? 0 : (config?.stop.drainMs ?? drainMs);
  const until = new Date(now.getTime() + waits).toISOString();
  return {
    events: [{ type: 'InstanceDraining', data: { instance: instance.name, until } }],
    drained: [instance.name],
  };
}

/** A revert may begin when the deadline has passed already. */
const REVERT_MS = 600_000;

function requestNode(
  state: TaskState,
  { ordinal, accessToken }: EffectOf<'request-node'>,
  { now }: RecordOptions,
): StepWrites {
  const slot = state.slots.find((candidate) => candidate.ordinal === ordinal);
  const config = (slot && releaseOf(state, slot)?.config) ?? releaseConfig(state);
  if (config === undefined) throw new Error('a node is asked for once the config is known');
  const { appId, service, deadlineAt, survey = [] } = state;
  const cutOff = survey.filter(({ unreachable }) => unreachable === true).map(({ node }) => node);
  const request = {
    accessToken,
    appId,
    service,
    resources: limitsOf(state, slot) ?? config.resources,
    avoidNodes: [...new Set(cutOff)],
    expiresAt: state.reverting ? new Date(now.getTime() + REVERT_MS).toISOString() : deadlineAt,
  };
  return {
    events: [{ type: 'NodeRequested', data: { ordinal, accessToken, at: now.toISOString() } }],
    nodeRequests: [request],
  };
}

/** The failure, with what it leaves: whoever reads it wants to know what users see now. */
function whole(state: TaskState, error: TaskError): TaskError {
  const { revertFailure, reverting } = state;
  const { release, instances } = servingOf(state);
  const served = (state.survey ?? []).some(({ alive }) => alive);
  const said: string[] = [];
  if (revertFailure !== undefined)
    said.push(`What ran before could not be brought back: ${revertFailure.message}`);
  else if (reverting) said.push('What had been replaced was brought back.');
  if (instances.length > 0) said.push(`${instances.length} of release ${release} go on serving.`);
  else if (served && (state.survey ?? []).every((instance) => isStopped(state, instance)))
    said.push('Nothing of the service runs.');
  return { ...error, message: [error.message, ...said].join(' ') };
}
