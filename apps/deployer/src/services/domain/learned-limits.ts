import { limitsWithin } from './scaling-bounds.js';
import { following, type FieldChange, type Limits, sameLimits, type ServiceSpec } from './spec.js';

/** The cause of a revision that a rescaler asked for. */
export const LEARNED = 'learned';

/** The spec is told so often at most: each time is a revision. */
const LEAST_APART_MS = 600_000;

/**
 * The spec with what was learned, for instances that start from now on; what runs stays as it is. Undefined where that is not
 * taken: without a policy of limits, less than ten minutes after the last time, or where somebody changed the limits after
 * it was learned. A limit without bounds stays as it is. Pure.
 */
export function withLearned(
  before: ServiceSpec,
  { limits, learnedAt }: { readonly limits: Limits; readonly learnedAt: string },
  by: FieldChange,
): ServiceSpec | undefined {
  const { vertical } = before.scaling ?? {};
  const last = before.changes.limits;
  if (vertical === undefined || before.state !== 'running') return undefined;
  if (Date.parse(last.at) >= Date.parse(learnedAt)) return undefined;
  if (last.by === LEARNED && Date.parse(by.at) - Date.parse(last.at) < LEAST_APART_MS) return undefined;
  const learned = limitsWithin(before.scaling, {
    cpu: vertical.cpu === undefined ? before.limits.cpu : limits.cpu,
    memoryMiB: vertical.memoryMiB === undefined ? before.limits.memoryMiB : limits.memoryMiB,
  });
  if (sameLimits(learned, before.limits)) return undefined;
  return following(before, { ...before, limits: learned, changes: { ...before.changes, limits: by } });
}
