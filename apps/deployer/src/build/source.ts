import type { BuildOutput } from '../logs/ports.js';
import type { Layers, Releases } from '../releases/ports.js';
import type { Secrets, WithoutSecrets } from '../secrets/ports.js';
import { StepError } from '../task/domain/task-error.js';
import type { EffectScope } from '../task/effect-scope.js';
import type { TaskState } from '../task/domain/task.state.js';
import { inPhase, phaseOf, type PhaseLimits, type PhaseResult } from '../task/phase.js';
import type { BuildPlaces } from './build-places.js';
import type { FetchedSource, ImageBuilder, Sources } from './ports.js';

/** What the effects of this feature need. */
export interface BuildEffectPorts {
  readonly releases: Releases;
  readonly layers: Layers;
  readonly sources: Sources;
  readonly builder: ImageBuilder;
  readonly output: BuildOutput;
  readonly limits: PhaseLimits;
  readonly places: BuildPlaces;
  readonly secrets: Pick<Secrets, 'values'>;
  readonly withoutSecrets: WithoutSecrets;
}

/** The task's source: fetched once by each worker that needs it. Throws SOURCE_CHANGED. */
export async function sourceOf(
  { sources, limits }: Pick<BuildEffectPorts, 'sources' | 'limits'>,
  { kept, signal }: EffectScope,
  { source, sourceDigest }: TaskState,
): Promise<PhaseResult<FetchedSource>> {
  if (kept.source !== undefined) return { result: kept.source, ms: 0 };
  const fetched = await inPhase(phaseOf('fetch-source', limits, signal), (within) =>
    sources.fetch(source, within),
  );
  // The image and its release are named by the digest that was recorded.
  if (sourceDigest !== undefined && fetched.result.sourceDigest !== sourceDigest) {
    await fetched.result.dispose();
    throw sourceChanged(source.blob);
  }
  kept.source = fetched.result;
  return fetched;
}

/** Two who deploy a service at once write the same blob: neither must be told that what the other sent is theirs. */
export const sourceChanged = (blob: string): StepError =>
  new StepError({
    code: 'SOURCE_CHANGED',
    message: `${blob} is not the zip of this request any more: another one was uploaded since.`,
    hint: 'Deploy again. If others deploy this service too, wait until their deployment has ended: each upload replaces the zip before it. Requests over Kafka or HTTP can also name a source.blob each.',
  });

/** Before its last use is stored: whoever is killed after that leaves no folder. */
export async function dropSource({ kept }: EffectScope): Promise<void> {
  const { source } = kept;
  kept.source = undefined;
  await source?.dispose();
}
