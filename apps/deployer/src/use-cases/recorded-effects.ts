import { serviceReply } from '../domain/reply.js';
import { nextEffect, type Effect } from '../domain/task.effects.js';
import type { TaskEvent } from '../domain/task.events.js';
import { evolve, type TaskState } from '../domain/task.state.js';
import type { StepWrites } from '../ports.js';

/** Effects that are done once they are recorded: nothing outside the database is touched. */
export type Recorded = Extract<Effect, { kind: 'request-node' | 'succeed' | 'fail' }>;

export const isRecorded = (effect: Effect | undefined): effect is Recorded =>
  effect?.kind === 'request-node' || effect?.kind === 'succeed' || effect?.kind === 'fail';

/** What an effect that is done by its record amounts to. Pure. */
export function record(state: TaskState, effect: Recorded): StepWrites {
  switch (effect.kind) {
    case 'request-node':
      return requestNode(state, effect);
    case 'succeed':
      return ended(state, { type: 'TaskSucceeded', data: { outcome: effect.outcome } });
    case 'fail':
      return ended(state, { type: 'TaskFailed', data: { error: effect.error } });
  }
}

/** The writes of a step and of the recorded effects that follow it, for one transaction. Pure. */
export function withFollowing(before: TaskState, writes: StepWrites): StepWrites {
  const state = writes.events.reduce<TaskState>(evolve, before);
  const next = nextEffect(state);
  if (!isRecorded(next)) return writes;
  const more = record(state, next);
  return withFollowing(before, { ...writes, ...more, events: [...writes.events, ...more.events] });
}

function ended(state: TaskState, event: TaskEvent): StepWrites {
  return { events: [event], result: serviceReply(evolve(state, event)) };
}

function requestNode(state: TaskState, effect: Extract<Effect, { kind: 'request-node' }>): StepWrites {
  const { ordinal, accessToken, release } = effect;
  return {
    events: [{ type: 'NodeRequested', data: { ordinal, accessToken } }],
    nodeRequest: {
      accessToken,
      appId: state.appId,
      service: state.service,
      resources: release.config.resources,
      avoidNodes: [],
      expiresAt: state.deadlineAt,
    },
  };
}
