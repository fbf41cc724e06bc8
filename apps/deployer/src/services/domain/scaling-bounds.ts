import { boundsAt, scalesCount, type ScalingBounds, type ScalingPolicy } from '#libs/contracts';

/**
 * The bounds of a policy.
 * @param at RFC 3339; empty where no time is known: then windows do not count
 */
export const boundsOf = (policy: ScalingPolicy, at: string): ScalingBounds =>
  at === '' ? { min: policy.min, max: policy.max } : boundsAt(policy, Date.parse(at));

/** Whether the autoscaler owns the count: a policy of limits alone leaves it to config.json and people. Pure. */
export const ownsCount = (policy: ScalingPolicy | undefined): policy is ScalingPolicy =>
  policy !== undefined && scalesCount(policy);

/** A count, moved into the bounds of a policy, if there is one. Pure. */
export function countWithin(policy: ScalingPolicy | undefined, count: number, at: string): number {
  if (!ownsCount(policy)) return count;
  const { min, max } = boundsOf(policy, at);
  return Math.min(max, Math.max(min, count));
}

/**
 * Whether somebody may ask for a count. One that is out of the bounds is taken where it leads towards them: a window has
 * closed, and the autoscaler goes down step by step. Pure.
 */
export const mayAsk = ({ min, max }: ScalingBounds, { from, to }: CountChange): boolean =>
  to >= Math.min(min, from) && to <= Math.max(max, from);

interface CountChange {
  readonly from: number;
  readonly to: number;
}

/** `1 to 10`, or `3` where both are the same. */
export const boundsText = ({ min, max }: ScalingBounds): string =>
  min === max ? `${min}` : `${min} to ${max}`;

interface StartingLimits {
  readonly cpu: number;
  readonly memoryMiB: number;
}

/** Limits within the bounds of a policy of limits, if there is one. Pure. */
export function limitsWithin(policy: ScalingPolicy | undefined, limits: StartingLimits): StartingLimits {
  const { cpu, memoryMiB } = policy?.vertical ?? {};
  return { cpu: within(cpu, limits.cpu), memoryMiB: within(memoryMiB, limits.memoryMiB) };
}

const within = (bounds: { readonly min: number; readonly max: number } | undefined, value: number): number =>
  bounds === undefined ? value : Math.min(bounds.max, Math.max(bounds.min, value));
