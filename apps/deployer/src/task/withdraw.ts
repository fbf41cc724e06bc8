import { isOfRevert, type Effect, type EffectOf } from './domain/task.effects.js';
import { foldTask, type TaskState } from './domain/task.state.js';
import type { ImageBuilder } from '../build/ports.js';
import type { Instances, NodeEngines } from '../rollout/ports.js';
import type { ClaimedTask, TaskStore } from './ports.js';
import { NO_GRACE } from '../rollout/instance-effects.js';
import { instanceName } from '../rollout/start-instance.js';

export interface WithdrawPorts {
  readonly store: Pick<TaskStore, 'history'>;
  readonly instances: Instances;
  readonly engines: NodeEngines;
  readonly builder: ImageBuilder;
}

/**
 * Takes back what an effect did after its task had gone to another replica, where that one is past it: nobody else
 * would look for it again. What the other still works on, it has adopted or will.
 */
export async function withdraw(ports: WithdrawPorts, { taskId }: ClaimedTask, effect: Effect): Promise<void> {
  if (effect.kind !== 'start-instance' && effect.kind !== 'build-image') return;
  const { events } = await ports.store.history(taskId);
  const state = foldTask(events);
  if (effect.kind === 'build-image') await withdrawImage(ports, state, effect);
  else await withdrawInstance(ports, state, effect);
}

async function withdrawImage(
  { builder }: WithdrawPorts,
  state: TaskState,
  { sourceDigest }: EffectOf<'build-image'>,
): Promise<void> {
  const isPast = state.release !== undefined || state.leftoversRemoved || state.outcome !== undefined;
  if (!isPast) return;
  // At every builder: which one the other used says nothing of this one.
  await builder.discard({
    tag: builder.tagOf(state.appId, state.service, sourceDigest),
    builder: undefined,
  });
}

async function withdrawInstance(
  { instances, engines }: WithdrawPorts,
  state: TaskState,
  effect: EffectOf<'start-instance'>,
): Promise<void> {
  const { appId, service, leftoversRemoved, outcome } = state;
  const isPast = outcome !== undefined || (leftoversRemoved && !isOfRevert(effect));
  if (!isPast) return;
  const name = instanceName(state, effect);
  const known = await instances.of(appId, service);
  if (known.some((instance) => instance.name === name)) return;
  await engines.stopAndRemove(effect.node.name, name, NO_GRACE);
}
