import type { Answered } from './slipway-user.js';

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What one scenario measured: a time for each run. */
export interface Measured {
  readonly slipway: readonly Answered[];
  readonly byHand: readonly number[];
  readonly floor: readonly number[];
}

export interface ScenarioFigures {
  readonly slipway: Spread;
  readonly byHand: Spread;
  readonly floor?: Spread;
  readonly slipwayToHand: number;
  readonly floorToHand?: number;
  /** The most that `slipwayToHand` may be. */
  readonly goal?: number;
  readonly met?: boolean;
  /** Of Slipway's median run: its phases, and the rest of the time. */
  readonly phases: Readonly<Record<string, number>>;
  readonly steps: Answered['steps'];
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => Math.round(sorted[index] ?? NaN);
  const half = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(half)] ?? NaN) + (sorted[Math.ceil(half)] ?? NaN)) / 2;
  return { median: Math.round(median), min: at(0), max: at(sorted.length - 1) };
}

const ratio = (a: Spread, b: Spread): number => Math.round((a.median / b.median) * 100) / 100;

export function figuresOf({ slipway, byHand, floor }: Measured, goal?: number): ScenarioFigures {
  const own = spreadOf(slipway.map((run) => run.ms));
  const hand = spreadOf(byHand);
  const least = floor.length === 0 ? undefined : spreadOf(floor);
  const slipwayToHand = ratio(own, hand);
  const typical = [...slipway].sort((a, b) => a.ms - b.ms)[Math.floor((slipway.length - 1) / 2)];
  return {
    slipway: own,
    byHand: hand,
    floor: least,
    slipwayToHand,
    floorToHand: least && ratio(least, hand),
    goal,
    met: goal === undefined ? undefined : slipwayToHand <= goal,
    phases: typical === undefined ? {} : withRest(typical),
    steps: typical?.steps ?? [],
  };
}

function withRest({ ms, service }: Answered): Record<string, number> {
  const inPhases = Object.values(service.phases).reduce((sum, phase) => sum + phase, 0);
  return { ...service.phases, rest: Math.round(ms - inPhases) };
}
