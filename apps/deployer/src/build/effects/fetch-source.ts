import type { TaskEvent } from '../../task/domain/task.events.js';
import type { EffectFile } from '../../task/effect-scope.js';
import { type BuildEffectPorts, dropSource, sourceOf } from '../source.js';

/** Fetches the source. What was built of the same source before is used again. */
export const fetchSource: EffectFile<'fetch-source', BuildEffectPorts> = {
  async run(ports, scope, state) {
    const { result, ms } = await sourceOf(ports, scope, state);
    const { sourceDigest, config } = result;
    const event: TaskEvent = { type: 'SourceFetched', data: { sourceDigest, config, phase: 'fetch', ms } };
    const release = await ports.releases.byDigest(state.appId, state.service, sourceDigest);
    const isNeeded = release === undefined && state.dryRun !== true;
    if (!isNeeded) await dropSource(scope);
    if (release === undefined) {
      // Nothing is built for a plan, which must not promise what the build would refuse.
      if (state.dryRun === true) ports.builder.checkRuntime(config);
      return { events: [event] };
    }
    return {
      events: [event, { type: 'ReleaseReused', data: { release } }],
      sides: state.dryRun === true ? [] : [{ kind: 'set-current-release', release }],
    };
  },
};
