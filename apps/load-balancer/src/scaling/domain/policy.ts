import {
  boundsAt as contractBounds,
  openWindows,
  type ScalingDirection,
  type ScalingPolicy,
  type ScalingTargets,
} from '#libs/contracts';

/** How a service is scaled; with its defaults filled in. */
export type Policy = ScalingPolicy;
export type DirectionRules = ScalingDirection;
export type Targets = ScalingTargets;
export type ScoreThresholds = NonNullable<Targets['score']>;

export interface Bounds {
  readonly min: number;
  readonly max: number;
  /** The cron of the windows that are open. */
  readonly window?: string;
}

/** The bounds at a time, and the windows whose they are. Pure. */
export function boundsAt(policy: Policy, now: number): Bounds {
  const { min, max } = contractBounds(policy, now);
  const open = openWindows(policy, now);
  return { min, max, ...(open.length > 0 && { window: open.map(({ cron }) => cron).join('; ') }) };
}
