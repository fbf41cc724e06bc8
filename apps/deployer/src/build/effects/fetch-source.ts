import type { EffectFile, EffectScope } from '../../task/effect-scope.js';
import type { ExplainedSource, FetchedSource } from '../ports.js';
import { type BuildEffectPorts, dropSource, sourceOf } from '../source.js';

/** Fetches the source. What was built of the same source before is used again. */
export const fetchSource: EffectFile<'fetch-source', BuildEffectPorts> = {
  async run(ports, scope, state) {
    const { result, ms } = await sourceOf(ports, scope, state);
    const { sourceDigest, config, blob } = result;
    const fetched = { sourceDigest, config, blob, phase: 'fetch', ms } as const;
    const release = await ports.releases.byDigest(state.appId, state.service, sourceDigest);
    if (release === undefined) {
      const { runtime, detected } = await explained(ports, scope, result);
      if (state.dryRun === true) await dropSource(scope);
      const data = { ...fetched, config: { ...config, runtime }, detected };
      return { events: [{ type: 'SourceFetched', data }] };
    }
    await dropSource(scope);
    const layers = state.dryRun === true ? undefined : await ports.layers.ofRelease(release);
    return {
      events: [
        { type: 'SourceFetched', data: fetched },
        { type: 'ReleaseReused', data: { release, layers } },
      ],
      sides: state.dryRun === true ? [] : [{ kind: 'set-current-release', release }],
    };
  },
};

/** Before anything is built: a plan must not promise, and nobody wait for, what a build would refuse. */
async function explained(
  { builder }: BuildEffectPorts,
  scope: EffectScope,
  source: FetchedSource,
): Promise<ExplainedSource> {
  try {
    return builder.explain(source);
  } catch (error) {
    await dropSource(scope);
    throw error;
  }
}
