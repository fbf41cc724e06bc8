import type { TaskError } from '#libs/contracts';
import type { SpanAttributes, Tracing } from '#libs/telemetry';
import type { Effect } from '../domain/task.effects.js';
import type { TaskEvent } from '../domain/task.events.js';
import type { AroundStep } from '../ports.js';

/** A span a step, named after its effect. */
export function aroundStep(tracing: Tracing): AroundStep {
  return (state, effect, work) => {
    const { token, appId, service } = state;
    const subject = { 'slipway.token': token, 'slipway.app': appId, 'slipway.service': service };
    const attributes = { ...subject, 'slipway.node': nodeOf(effect) };
    return tracing.withSpan({ name: effect.kind, attributes }, async (span) => {
      const result = await work();
      span.set(outcomeOf(result));
      const error = errorOf(result);
      if (error !== undefined) span.fail(error.code, error.message);
      return result;
    });
  };
}

const nodeOf = (effect: Effect): string | undefined => {
  if ('node' in effect) return effect.node.name;
  return 'instance' in effect ? effect.instance.node : undefined;
};

/** The step's own event is the first; what was stored with it follows. */
function outcomeOf([own]: readonly TaskEvent[]): SpanAttributes {
  return {
    'slipway.outcome': own?.type,
    'slipway.node': own?.type === 'NodeAssigned' ? own.data.node.name : undefined,
  };
}

function errorOf(events: readonly TaskEvent[]): TaskError | undefined {
  const failure = events.find(
    (event) => event.type === 'StepFailed' || event.type === 'PlaceFailed' || event.type === 'TaskFailed',
  );
  return failure?.data.error;
}
