import type { ScalingPolicy } from '#libs/contracts';
import { isSameValue } from './same-value.js';
import { countWithin } from './scaling-bounds.js';
import { following, type FieldChange, type ServiceSpec } from './spec.js';

/** The spec with another policy, or with none; its count stays as it is. Pure. */
export const withScaling = (
  before: ServiceSpec,
  policy: ScalingPolicy | undefined,
  by: FieldChange,
): ServiceSpec =>
  following(before, { ...before, scaling: policy, changes: { ...before.changes, scaling: by } });

/** The count that is to be asked for so that it is within the bounds; undefined where it is. Pure. */
export function countToAsk({ scaling, count }: ServiceSpec, at: string): number | undefined {
  const within = countWithin(scaling, count, at);
  return within === count ? undefined : within;
}

/** Who said last how a service scales. */
export const scalingSetBy = ({ scaling, declaredScaling }: ServiceSpec): 'config.json' | 'api' =>
  isSameValue(scaling, declaredScaling) ? 'config.json' : 'api';
