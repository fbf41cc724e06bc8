import type { EffectFile } from '../../task/effect-scope.js';
import { inPhase, phaseOf } from '../../task/phase.js';
import type { InstanceEffectPorts } from '../instance.js';

/** Pulls the release's image on the node of a slot. */
export const pullImage: EffectFile<'pull-image', InstanceEffectPorts> = {
  async run({ engines, nodeTurns, limits }, { signal }, _state, { node, release, ordinal }) {
    const { ms } = await nodeTurns.take(node.name, signal, () =>
      inPhase(phaseOf('pull-image', limits, signal), (within, onProgress) =>
        engines.pull(node.name, release.image, within, onProgress),
      ),
    );
    return { events: [{ type: 'ImagePulled', data: { ordinal, phase: 'pull', ms } }] };
  },
};
