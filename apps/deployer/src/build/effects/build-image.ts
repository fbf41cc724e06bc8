import { buildNeeds } from '../../secrets/domain/secrets.js';
import { masked } from '../../secrets/domain/mask.js';
import { valuesOf } from '../../secrets/resolve-secrets.js';
import type { StepWrites } from '../../task/domain/step-writes.js';
import type { TaskState } from '../../task/domain/task.state.js';
import type { EffectFile, EffectScope } from '../../task/effect-scope.js';
import { inPhase, phaseOf, type PhaseResult } from '../../task/phase.js';
import type { FetchedSource } from '../ports.js';
import { type BuildEffectPorts, dropSource, sourceOf } from '../source.js';

/** Builds. A take-over goes where its predecessor's image lies; others, among builders with equal room, where the cache is. */
export const buildImage: EffectFile<'build-image', BuildEffectPorts> = {
  async run(ports, scope, state, effect) {
    const { builder, output, places, releases } = ports;
    const { appId, service } = state;
    const tag = builder.tagOf(appId, service, effect.sourceDigest);
    if (state.config?.image !== undefined) return pinned(ports, scope, state.config.image);
    const { result: source } = await sourceOf(ports, scope, state);
    const { signal, claim } = scope;
    const several = builder.limits.size > 1;
    const holder = several && claim.fence > 1n ? await builder.holderOf(tag) : undefined;
    const before = several ? await releases.current(appId, service) : undefined;
    const onPassedOver = (name: string, why: string): void =>
      output.lines(claim, state, [`Builder ${name} is passed over: ${why}`]);
    try {
      const wish = { holder, preferred: before?.builder, signal, onPassedOver };
      const { builder: name, result } = await places.build(wish, (at) =>
        buildAt(at, ports, scope, state, { source, tag }),
      );
      return {
        events: [{ type: 'ImageBuilt', data: { tag, builder: name, phase: 'build', ms: result.ms } }],
      };
    } finally {
      await output.ended(claim);
      await dropSource(scope);
    }
  },

  async withdraw({ builder }, state, { sourceDigest }) {
    const { appId, service, release, leftoversRemoved, outcome } = state;
    const isPast = release !== undefined || leftoversRemoved || outcome !== undefined;
    if (!isPast) return;
    // At every builder: which one the other used says nothing of this one.
    await builder.discard({ tag: builder.tagOf(appId, service, sourceDigest), builder: undefined });
  },
};

/** Somebody else built it: it is known by its digest from now on. */
async function pinned(
  { builder, limits }: BuildEffectPorts,
  scope: EffectScope,
  image: string,
): Promise<StepWrites> {
  await dropSource(scope);
  const { result: tag, ms } = await inPhase(phaseOf('build-image', limits, scope.signal), () =>
    builder.pin(image),
  );
  return { events: [{ type: 'ImageBuilt', data: { tag, phase: 'build', ms } }] };
}

/** What the build says is told without the values of its secrets: a step may print them. */
async function buildAt(
  name: string,
  { builder, output, limits, withoutSecrets, ...ports }: BuildEffectPorts,
  { claim, signal }: EffectScope,
  state: TaskState,
  { source, tag }: { readonly source: FetchedSource; readonly tag: string },
): Promise<PhaseResult<void>> {
  const secrets = await valuesOf(ports.secrets, state, buildNeeds(source.config));
  const values = Object.values(secrets).map((secret) => secret.reveal());
  const labels = { 'slipway.app': state.appId, 'slipway.service': state.service };
  return inPhase(phaseOf('build-image', limits, signal), (within, onProgress) => {
    const onOutput = (line: string): void => {
      onProgress();
      output.lines(claim, state, [masked(line, values)]);
    };
    return builder.build(name, { source, tag, labels, secrets, onOutput }, within);
  }).catch((error: unknown) => {
    throw withoutSecrets('build-image', error, values);
  });
}
