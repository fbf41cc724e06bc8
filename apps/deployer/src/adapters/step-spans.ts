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

function outcomeOf(result: StepResult): SpanAttributes {
  if (result === 'parked') return { 'slipway.outcome': 'parked' };
  const last = result.at(-1);
  return {
    'slipway.outcome': last?.type,
    'slipway.node': last?.type === 'NodeAssigned' ? last.data.node.name : undefined,
  };
}

function errorOf(result: StepResult): TaskError | undefined {
  if (result === 'parked') return undefined;
  const last = result.at(-1);
  return last?.type === 'StepFailed' || last?.type === 'TaskFailed' ? last.data.error : undefined;
}
