import type { TaskError } from '#libs/contracts';
import type { SpanAttributes, Tracing } from '#libs/telemetry';
import type { Effect } from '../domain/task.effects.js';
import type { AroundStep, StepResult } from '../ports.js';

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

function nodeOf(effect: Effect): string | undefined {
  switch (effect.kind) {
    case 'pull-image':
      return effect.node.name;
    case 'start-instance':
    case 'probe-instance':
      return effect.instance.node.name;
    default:
      return undefined;
  }
}

/** The step's own event is the first; what was stored with it follows. */
function outcomeOf(result: StepResult): SpanAttributes {
  if (result === 'parked') return { 'slipway.outcome': 'parked' };
  const own = result[0];
  return {
    'slipway.outcome': own?.type,
    'slipway.node': own?.type === 'NodeAssigned' ? own.data.node.name : undefined,
  };
}

function errorOf(result: StepResult): TaskError | undefined {
  if (result === 'parked') return undefined;
  const failure = result.find((event) => event.type === 'StepFailed' || event.type === 'TaskFailed');
  return failure?.data.error;
}
