import type { TaskError } from '#libs/contracts';
import type { Effect, EffectOf } from '../domain/task.effects.js';
import type { TaskState } from '../domain/task.state.js';
import type { Clock, StepWrites, TaskStore, Waits } from '../ports.js';

/** Effects that others bring to their end: the load balancer, another task. */
export type Wait = EffectOf<'await-node' | 'await-dependencies'>;

export const isWait = (effect: Effect): effect is Wait =>
  effect.kind === 'await-node' || effect.kind === 'await-dependencies';

export function waitsOf(waits: readonly Wait[]): Waits {
  return {
    accessTokens: waits.flatMap((wait) => (wait.kind === 'await-node' ? wait.accessToken : [])),
    dependencies: waits.flatMap((wait) => (wait.kind === 'await-dependencies' ? wait.services : [])),
  };
}

interface WaitPorts {
  readonly store: TaskStore;
  readonly clock: Clock;
}

/** What the end of a wait amounts to; undefined while it has not come. */
export function answered(
  ports: WaitPorts,
  state: TaskState,
  taskId: string,
  wait: Wait,
): Promise<StepWrites | undefined> {
  return wait.kind === 'await-node'
    ? nodeAnswered(ports, state, taskId, wait)
    : dependenciesMet(ports, state, wait);
}

const failed = (step: string, error: TaskError): StepWrites => ({
  events: [{ type: 'StepFailed', data: { step, error } }],
});

async function nodeAnswered(
  { store, clock }: WaitPorts,
  state: TaskState,
  taskId: string,
  { accessToken, ordinal, kind }: EffectOf<'await-node'>,
): Promise<StepWrites | undefined> {
  const answer = await store.nodeAnswer(accessToken);
  if (answer === undefined) return undefined;
  if (answer.node === undefined) return failed(kind, noNode(state, answer.refusals));
  const { name, address, port, score } = answer.node;
  // Placing is a wait, so its time is between two stored events, not inside one call.
  const { events } = await store.history(taskId);
  const asked = events.find(({ event }) => event.type === 'NodeRequested' && event.data.ordinal === ordinal);
  const ms = asked === undefined ? 0 : Math.max(0, clock.now().getTime() - asked.at.getTime());
  const node = { name, address, port, score };
  return { events: [{ type: 'NodeAssigned', data: { ordinal, node, phase: 'place', ms } }] };
}

function noNode(state: TaskState, refusals: readonly { node: string; reason: string }[]): TaskError {
  const why = refusals.map((r) => `${r.node}: ${r.reason}`).join('; ');
  return {
    code: 'NO_NODE',
    message: `No node can take ${state.service}. ${why === '' ? 'No node is enrolled.' : why}`,
    hint: 'Enrol a node (slipway node add), free capacity (slipway stop), or lower resources in config.json.',
  };
}

async function dependenciesMet(
  { store }: WaitPorts,
  { token, service }: TaskState,
  { services, kind }: EffectOf<'await-dependencies'>,
): Promise<StepWrites | undefined> {
  const known = await store.dependencies(token, services);
  const bad = known.find(({ result }) => result?.status === 'failed');
  if (bad !== undefined)
    return failed(kind, {
      code: 'DEPENDENCY_FAILED',
      message: `${service} depends on ${bad.service}, which failed.`,
      hint: `The error of ${bad.service} in this reply says why; correct it and send the request again under a new token.`,
    });
  if (known.some(({ result }) => result === undefined)) return undefined;
  return { events: [{ type: 'DependenciesMet', data: {} }] };
}
