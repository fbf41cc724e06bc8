import type { BuildOutput } from '../logs/ports.js';
import type { Releases } from '../releases/ports.js';
import type { Secrets, WithoutSecrets } from '../secrets/ports.js';
import type { EffectScope } from '../task/effect-scope.js';
import type { TaskState } from '../task/domain/task.state.js';
import { inPhase, phaseOf, type PhaseLimits, type PhaseResult } from '../task/phase.js';
import type { BuildPlaces } from './build-places.js';
import type { FetchedSource, ImageBuilder, Sources } from './ports.js';

/** What the effects of this feature need. */
export interface BuildEffectPorts {
  readonly releases: Releases;
  readonly sources: Sources;
  readonly builder: ImageBuilder;
  readonly output: BuildOutput;
  readonly limits: PhaseLimits;
  readonly places: BuildPlaces;
  readonly secrets: Pick<Secrets, 'values'>;
  readonly withoutSecrets: WithoutSecrets;
}

/** The task's source: fetched once by each worker that needs it. */
export async function sourceOf(
  { sources, limits }: Pick<BuildEffectPorts, 'sources' | 'limits'>,
  { kept, signal }: EffectScope,
  { source }: TaskState,
): Promise<PhaseResult<FetchedSource>> {
  if (kept.source !== undefined) return { result: kept.source, ms: 0 };
  const fetched = await inPhase(phaseOf('fetch-source', limits, signal), (within) =>
    sources.fetch(source, within),
  );
  kept.source = fetched.result;
  return fetched;
}

/** Before its last use is stored: whoever is killed after that leaves no folder. */
export async function dropSource({ kept }: EffectScope): Promise<void> {
  const { source } = kept;
  kept.source = undefined;
  await source?.dispose();
}
