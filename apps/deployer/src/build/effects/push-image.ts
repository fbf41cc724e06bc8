import { StepError } from '../../task/domain/task-error.js';
import type { Release } from '../../task/domain/task.events.js';
import type { TaskState } from '../../task/domain/task.state.js';
import type { EffectFile, EffectScope } from '../../task/effect-scope.js';
import { inPhase, phaseOf, type PhaseResult } from '../../task/phase.js';
import { IMAGE_LOST, type PushedImage } from '../ports.js';
import type { BuildEffectPorts } from '../source.js';

/** Pushes what was built, which makes it a release. What is nowhere any more is built again, once. */
export const pushImage: EffectFile<'push-image', BuildEffectPorts> = {
  async run(ports, scope, state, { sourceDigest, tag }) {
    // What somebody else built is in a registry already, and its tag is its digest.
    const isThere = state.config?.image !== undefined;
    const pushed = isThere ? { result: { image: tag }, ms: 0 } : await pushedFrom(ports, scope, state, tag);
    if (pushed === undefined) return { events: [{ type: 'ImageLost', data: { tag } }] };
    const { result, ms } = pushed;
    const { appId, service, config } = state;
    if (config === undefined) throw new Error('a pushed task has a config');
    const id = `${appId}-${service}-${sourceDigest.slice(0, 12)}`;
    const release: Release = { id, sourceDigest, ...result, config, builder: state.builder };
    const layers = await ports.layers.ofImage(release);
    return {
      events: [{ type: 'ImagePushed', data: { release, layers, phase: 'push', ms } }],
      sides: [
        { kind: 'add-release', release, layers },
        { kind: 'set-current-release', release },
      ],
    };
  },
};

/** Undefined where the image is nowhere any more, for the first time. */
function pushedFrom(
  { builder, limits }: BuildEffectPorts,
  scope: EffectScope,
  state: TaskState,
  tag: string,
): Promise<PhaseResult<PushedImage> | undefined> {
  return inPhase(phaseOf('push-image', limits, scope.signal), (signal, onProgress) =>
    builder.push({ tag, builder: state.builder }, signal, onProgress),
  ).catch((error: unknown) => {
    if (state.imageLost || !(error instanceof StepError) || error.code !== IMAGE_LOST) throw error;
    return undefined;
  });
}
