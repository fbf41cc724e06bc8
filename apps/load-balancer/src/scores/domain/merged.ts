import type { Answers } from './availability.js';
import type { InstanceScore } from './instance-score.js';
import { SILENT_MS } from './own-scores.js';
import type { Remembered } from './scored-instance.js';
import type { Utilisation } from './states.js';

/** A score as replicas share it: with what another one needs to go on from it. */
export interface SharedScore {
  readonly score: InstanceScore;
  readonly utilisation: Utilisation;
  readonly answers?: Answers;
}

/**
 * The scores of this replica and those that others shared, by instance. While an instance changes its replica, both may
 * have it: the newer score counts. What is too old is left out.
 */
export function merged(
  own: readonly InstanceScore[],
  others: readonly SharedScore[],
  nowMs: number,
): ReadonlyMap<string, InstanceScore> {
  const all = new Map(own.map((score) => [score.instance, score]));
  for (const { score } of others) {
    const known = all.get(score.instance);
    if (nowMs - score.at <= SILENT_MS && (known === undefined || known.at < score.at))
      all.set(score.instance, score);
  }
  return all;
}

/** By instance; of several the newest. */
export function rememberedOf(shared: readonly SharedScore[]): ReadonlyMap<string, Remembered> {
  const newest = new Map<string, SharedScore>();
  for (const one of shared) {
    const known = newest.get(one.score.instance);
    if (known === undefined || known.score.at < one.score.at) newest.set(one.score.instance, one);
  }
  return new Map(
    [...newest].map(([name, { score, utilisation, answers }]) => [
      name,
      { container: score.container, utilisation, answers },
    ]),
  );
}
