import type { ContainerStructure, HostStructure, LimitedResource, ResourceState } from './structure.js';
import { type KnownLimits, LIMITED } from './units.js';
import type { WantedLimits } from './wanted.js';

export type Boundaries = Readonly<
  Record<LimitedResource, { readonly boundary: number; readonly boundaryOf: 'max' | 'current' }>
>;

/** A container that runs, and what is known of it. */
export interface RunningContainer {
  /** The name of the instance; of one that is none of Slipway's, what it was subscribed by. */
  readonly id: string;
  readonly host: string;
  readonly application: string;
  /** Absent of one whose limits nobody asked to follow use. */
  readonly wanted?: WantedLimits;
  readonly limits: KnownLimits;
  /** The last figures; what is absent has none. */
  readonly usage: Readonly<Partial<Record<LimitedResource, number>>>;
}

/**
 * As the guardian and the scaler see it. A limit that is not known is left out: nothing is decided about it. One of which
 * nobody asked that it follow use is there for the sums of its host alone. Pure.
 */
export function containerOf(of: RunningContainer, boundaries: Boundaries): ContainerStructure {
  const { id, host, application, wanted } = of;
  const states = LIMITED.flatMap((resource) => {
    const state = stateOf(of, resource, boundaries);
    return state === undefined ? [] : [[resource, state] as const];
  });
  const { cpuset } = of.limits;
  return {
    ...{ id, host, application, resources: Object.fromEntries(states), isRunning: true },
    ...(typeof cpuset === 'string' && { cpuset }),
    guarded: wanted?.guarded ?? false,
    policy: wanted?.policy ?? 'fixed',
  };
}

function stateOf(
  { wanted, limits, usage }: RunningContainer,
  resource: LimitedResource,
  boundaries: Boundaries,
): ResourceState | undefined {
  const bounds = wanted?.bounds[resource];
  const known = limits[resource];
  if (known === undefined) return undefined;
  // Without a limit it may use as much as its bounds allow.
  const current = known ?? bounds?.max;
  if (current === undefined) return undefined;
  const { min, max } = bounds ?? { min: current, max: current };
  const used = usage[resource];
  return {
    ...{ min, max, current, guard: bounds !== undefined },
    ...(used !== undefined && { usage: used }),
    ...boundaries[resource],
  };
}

interface HostSizes {
  readonly name: string;
  /** Shares and bytes that instances may have. */
  readonly cpu: number;
  readonly memory: number;
}

/** What a host has. What is free there follows from its containers (`accountHost` of the scaler). Pure. */
export const hostOf = ({ name, cpu, memory }: HostSizes): HostStructure => ({
  name,
  resources: { cpu: { max: cpu, free: cpu }, memory: { max: memory, free: memory } },
});
