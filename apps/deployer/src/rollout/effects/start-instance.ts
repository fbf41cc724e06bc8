import type { InstanceAddress } from '#libs/contracts';
import { resolveSecrets } from '../../secrets/resolve-secrets.js';
import { isOfRevert, type EffectOf } from '../../task/domain/task.effects.js';
import type { TaskState } from '../../task/domain/task.state.js';
import type { EffectFile } from '../../task/effect-scope.js';
import { inPhase, phaseOf } from '../../task/phase.js';
import type { ClaimedTask } from '../../task/ports.js';
import {
  type InstanceEffectPorts,
  instanceLabels,
  instanceName,
  isPulledNext,
  NO_GRACE,
  placedVolumes,
  releaseCommandName,
  reachedAt,
  volumeNames,
} from '../instance.js';

/** Starts the container of a slot. An image that its node lacks is pulled first. */
export const startInstance: EffectFile<'start-instance', InstanceEffectPorts> = {
  async run(ports, { claim, signal }, state, effect) {
    const { ordinal, node } = effect;
    const started = await ports.nodeTurns
      .take(node.name, signal, () =>
        inPhase(phaseOf('start-instance', ports.limits, signal), async () => {
          await removeReleaseCommand(ports, state, effect);
          return launch(ports, claim, state, effect);
        }),
      )
      .catch((error: unknown) => {
        if (!isPulledNext(state, ordinal, error)) throw error;
        return undefined;
      });
    if (started === undefined) return { events: [{ type: 'ImageMissing', data: { ordinal } }] };
    const { result, ms } = started;
    return {
      events: [{ type: 'InstanceStarted', data: { ordinal, ...result, phase: 'start', ms } }],
      sides: placedVolumes(state, effect),
    };
  },

  async withdraw({ instances, engines }, state, effect) {
    const { appId, service, leftoversRemoved, outcome, slots } = state;
    const slot = slots.find(({ ordinal }) => ordinal === effect.ordinal);
    const hasMoved = (slot?.failedPlaces?.length ?? 0) > 0 && slot?.accessToken !== effect.accessToken;
    const isElsewhere = slot?.failing !== undefined || hasMoved;
    const isPast = outcome !== undefined || isElsewhere || (leftoversRemoved && !isOfRevert(effect));
    if (!isPast) return;
    const name = instanceName(state, effect);
    const known = await instances.of(appId, service);
    if (known.some((instance) => instance.name === name)) return;
    await engines.stopAndRemove(effect.node.name, name, NO_GRACE);
  },
};

/** It has ended, and that is stored: nobody asks for its exit code any more. */
async function removeReleaseCommand(
  { engines }: InstanceEffectPorts,
  state: TaskState,
  { ordinal, node, release }: EffectOf<'start-instance'>,
): Promise<void> {
  const isFirst = state.slots.every((slot) => slot.ordinal >= ordinal);
  if (state.releaseCommandDone && isFirst)
    await engines.stopAndRemove(node.name, releaseCommandName(state, release), NO_GRACE);
}

/** Creates and starts (or adopts) the instance's container, with its secrets as they are at this moment. */
export async function launch(
  { engines, secrets }: Pick<InstanceEffectPorts, 'engines' | 'secrets'>,
  claim: ClaimedTask,
  state: TaskState,
  effect: EffectOf<'start-instance'>,
): Promise<{ readonly name: string; readonly address: InstanceAddress }> {
  const { node, release } = effect;
  const name = instanceName(state, effect);
  const reached = reachedAt(node, release.config);
  const { container, startedAt } = await engines.launch(node.name, {
    name,
    image: release.image,
    config: release.config,
    secrets: await resolveSecrets(secrets, state, release),
    hostPort: reached.port,
    volumes: volumeNames(state, release),
    labels: instanceLabels(state, release, claim),
  });
  return { name, address: { node: node.name, ip: node.address, ...reached, container, startedAt } };
}
