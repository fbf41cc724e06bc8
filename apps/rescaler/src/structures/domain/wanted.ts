import type { LimitBounds, LimitsSaid, VerticalScaling } from '#libs/contracts';
import type { LimitedResource, Policy } from './structure.js';
import { LIMITED, SHOWN, storedAmount } from './units.js';

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** What is wanted of the limits of one service, or of one container that is none of Slipway's; in the units of structures. */
export interface WantedLimits {
  readonly policy: Policy;
  readonly guarded: boolean;
  readonly bounds: Readonly<Partial<Record<LimitedResource, Bounds>>>;
  /** Amounts that were set, whatever is used. */
  readonly at: Readonly<Partial<Record<LimitedResource, number>>>;
  readonly setBy: 'config.json' | 'api';
}

/** Undefined where nobody asked that limits follow use: then they are left as they are. Pure. */
export function wantedLimitsOf(
  vertical: VerticalScaling | undefined,
  said: LimitsSaid | undefined,
): WantedLimits | undefined {
  if (vertical === undefined && said === undefined) return undefined;
  const bounds = { ...boundsOf(vertical ?? {}), ...boundsOf(said ?? {}) };
  return {
    policy: said?.policy ?? vertical?.policy ?? 'slo',
    guarded: said?.guarded ?? true,
    bounds,
    at: atOf(said, bounds),
    setBy: said === undefined || isGuardAlone(said) ? 'config.json' : 'api',
  };
}

/** Guarding says nothing of bounds. */
const isGuardAlone = ({ guarded: _guarded, ...rest }: LimitsSaid): boolean =>
  Object.values(rest).every((value) => value === undefined);

const boundsOf = (shown: LimitBounds): WantedLimits['bounds'] =>
  Object.fromEntries(
    LIMITED.flatMap((resource) => {
      const bounds = shown[SHOWN[resource]];
      if (bounds === undefined) return [];
      const [min, max] = [bounds.min, bounds.max].map((amount) => storedAmount(resource, amount));
      return [[resource, { min, max }]];
    }),
  );

/** Within the bounds, where there are any. */
const atOf = (said: LimitsSaid | undefined, bounds: WantedLimits['bounds']): WantedLimits['at'] =>
  Object.fromEntries(
    LIMITED.flatMap((resource) => {
      const shown = said?.at?.[SHOWN[resource]];
      if (shown === undefined) return [];
      const amount = storedAmount(resource, shown);
      const { min, max } = bounds[resource] ?? { min: amount, max: amount };
      return [[resource, Math.min(max, Math.max(min, amount))]];
    }),
  );
