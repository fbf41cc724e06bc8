import type { Instances } from '../../rollout/ports.js';
import { canaryReleaseOf } from '../../services/domain/canary-task.js';
import { StepError } from '../../task/domain/task-error.js';
import type { Release } from '../../task/domain/task.events.js';
import type { TaskState } from '../../task/domain/task.state.js';
import type { EffectFile } from '../../task/effect-scope.js';
import type { Layers, Releases } from '../ports.js';

export interface ResolvePorts {
  readonly releases: Releases;
  readonly layers: Layers;
  readonly instances: Instances;
}

/** The release that was named; else what runs (scale), the last good one before it (rollback), the current one (run). */
export const resolveRelease: EffectFile<'resolve-release', ResolvePorts> = {
  async run(ports, _scope, state) {
    const [release, canary] = await Promise.all([wanted(ports, state), wantedCanary(ports, state)]);
    if (release === undefined) throw notFound(state);
    const layers = state.dryRun === true ? undefined : await ports.layers.ofRelease(release);
    return { events: [{ type: 'ReleaseResolved', data: { release, layers, ...(canary && { canary }) } }] };
  },
};

/** The release of the canary that there is, or that is asked for: that one must be known. */
async function wantedCanary({ releases }: ResolvePorts, state: TaskState): Promise<Release | undefined> {
  const { appId, service, mode, scale } = state;
  const id = mode === 'scale' ? canaryReleaseOf(state) : undefined;
  if (id === undefined) return undefined;
  const release = await releases.byId(appId, service, id);
  if (release !== undefined || scale?.canary === undefined) return release;
  const known = await releases.newest(appId, service, MOST_NAMED);
  throw new StepError({
    code: 'RELEASE_NOT_FOUND',
    message: `There is no release ${id} of ${appId}/${service}. ${known.length === 0 ? 'There is none at all' : `There are: ${known.join(', ')}`}.`,
    hint: `See which there are, and from when: slipway releases ${appId} ${service}`,
  });
}

/** The newest are those that may be meant. */
const MOST_NAMED = 10;

function notFound(state: TaskState): StepError {
  const { appId, service, wantedRelease, mode } = state;
  const before = mode === 'rollback' ? ' to roll back to' : '';
  return new StepError({
    code: 'RELEASE_NOT_FOUND',
    message:
      wantedRelease === undefined
        ? `There is no release of ${appId}/${service}${before}.`
        : `There is no release ${wantedRelease} of ${appId}/${service}.`,
    hint: hintFor(state),
  });
}

function hintFor({ appId, service, wantedRelease, mode }: TaskState): string {
  if (mode === 'rollback' || wantedRelease !== undefined)
    return `See which there are: slipway releases ${appId} ${service}`;
  if (mode === 'scale')
    return `Check the name, or deploy it first. See which there are: slipway status ${appId}`;
  return `Build one first: send the same request with mode "build-and-run", or: slipway build ${appId} ${service}`;
}

async function wanted(
  { releases, instances }: ResolvePorts,
  { appId, service, mode, wantedRelease, scale, survey = [], spec }: TaskState,
): Promise<Release | undefined> {
  if (wantedRelease !== undefined) return releases.byId(appId, service, wantedRelease);
  const asked = mode === 'scale' ? spec?.release : undefined;
  const chosen = asked && (await releases.byId(appId, service, asked));
  if (chosen) return chosen;
  const repaired = survey.find(({ name }) => name === scale?.repairs)?.release;
  const running = repaired ?? survey.find(({ alive }) => alive)?.release;
  // From none: what served last, which after a rollback is not the newest.
  if (mode === 'scale')
    return running ?? (await releases.lastGood(appId, service, [])) ?? releases.current(appId, service);
  if (mode === 'run') return releases.current(appId, service);
  const known = await instances.of(appId, service);
  return releases.lastGood(appId, service, [...new Set(known.map(({ release }) => release.id))]);
}
