import type { Steering } from '../../data-plane/domain/steering.js';
import { type Profile, WEIGHTS } from '../../data-plane/domain/wanted.js';
import type { Balanced } from './balance.js';
import { BASE } from './laws.js';

type Steered = Pick<Balanced, 'standing' | 'weight' | 'doubt' | 'override'>;

/** What HAProxy is to make of an instance. */
export function steeringOf({ standing, weight, doubt, override }: Steered, profile: Profile): Steering {
  const isOut = override?.isDrained ?? false;
  switch (standing.kind) {
    case 'ready':
      if (override !== undefined) return { weight: Math.max(1, override.weight), isOut };
      // With a small weight and one request in flight, it would never get another one.
      if (doubt !== undefined) return { weight: Math.max(weight, BASE), isOut, ...doubt };
      return { weight, isOut };
    case 'ejected':
      return { weight, isOut: true };
    case 'trial': {
      const { mostInFlight } = standing;
      // Nor beside requests that it never answered.
      const isLifted = mostInFlight > 1 && profile !== 'weighted';
      return { weight: isLifted ? WEIGHTS.most : weight, isOut, mostInFlight };
    }
  }
}

/** Its weight as people see it: without what is done for one more request. 0 while it gets none. */
export function shownWeight({ standing, weight, override }: Steered): number {
  if (standing.kind === 'ejected' || override?.isDrained === true) return 0;
  return standing.kind === 'ready' && override !== undefined ? Math.max(1, override.weight) : weight;
}

/** Whether two look alike to HAProxy. */
export const isSameSteering = (a: Steering | undefined, b: Steering): boolean =>
  a?.weight === b.weight && a.isOut === b.isOut && a.mostInFlight === b.mostInFlight;
