import type { ResourceState } from '../../structures/domain/structure.js';

/** `min <= lower <= upper <= current <= max`: usage above `upper` asks for more, usage below `lower` for less. */
export interface Chain {
  readonly upper: number;
  readonly lower: number;
  readonly margin: number;
}

/**
 * The distance between the limits: `boundary` percent of `max` or of `current`, rounded down, at least 1 (the margin of
 * ServerlessContainers).
 */
export function marginOf({ max, current, boundary, boundaryOf }: ResourceState): number {
  const reference = boundaryOf === 'max' ? max : current;
  return Math.max(Math.trunc((reference * boundary) / 100), 1);
}

/** `upper = current - margin`, `lower = upper - margin`, as ServerlessContainers has them; here neither is below `min`. */
export function chainOf(state: ResourceState): Chain {
  const margin = marginOf(state);
  const floor = Math.min(state.min, state.current);
  const upper = Math.max(state.current - margin, floor);
  return { margin, upper, lower: Math.max(upper - margin, floor) };
}
