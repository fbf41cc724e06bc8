import type { RescaleFigures } from './run.js';

export interface Goal {
  readonly text: string;
  readonly isMet: boolean;
}

const goal = (text: string, isMet: boolean): Goal => ({ text, isMet });
export const printedGoal = ({ text, isMet }: Goal): string => `goal: ${text} .. ${isMet ? 'met' : 'MISSED'}`;

/** The headline of ServerlessContainers: 77 % better utilisation for 6 % longer execution. */
const UTILISATION = 1.77;
const LONGER = 1.06;

/** Of ten containers whose fixed limits are the peaks of their loads, and of the batch job and the service beside them. */
export function rescaleGoals(runs: readonly RescaleFigures[]): readonly Goal[] {
  const by = (name: string) => runs.find(({ limiter }) => limiter === name);
  const [fixed, seed, slo] = [by('fixed limits'), by('serverless'), by('slo')];
  if (fixed === undefined || seed === undefined || slo === undefined)
    return [goal('all limiters were run', false)];
  const better = slo.utilisationTen / fixed.utilisationTen;
  const longer = slo.batchSeconds / fixed.batchSeconds;
  return [
    goal(
      `slo uses ${better.toFixed(2)} times as much of its CPU as fixed limits, at least ${UTILISATION}`,
      better >= UTILISATION,
    ),
    goal(`slo: the batch job takes ${longer.toFixed(3)} times as long, less than ${LONGER}`, longer < LONGER),
    goal(
      `slo uses ${slo.utilisationTen.toFixed(3)} of its CPU, more than ${seed.utilisationTen.toFixed(3)} of serverless`,
      slo.utilisationTen > seed.utilisationTen,
    ),
    goal(
      `slo: the batch job takes ${slo.batchSeconds} s, less than ${seed.batchSeconds} of serverless`,
      slo.batchSeconds < seed.batchSeconds,
    ),
    goal(
      `slo: p99 beside it ${slo.p99Ms.toFixed(1)} ms, at most ${seed.p99Ms.toFixed(1)} of serverless`,
      slo.p99Ms <= seed.p99Ms,
    ),
  ];
}

export interface FleetFigures {
  readonly hosts: number;
  readonly containers: number;
  /** CPU seconds of one look at all. */
  readonly seconds: number;
  readonly changes: number;
}

const MOST_SECONDS = 5;

export function fleetGoals(figures: readonly FleetFigures[]): readonly Goal[] {
  const largest = figures.at(-1);
  if (largest === undefined) return [goal('a fleet was looked at', false)];
  const { hosts, containers, seconds } = largest;
  return [
    goal(
      `a look at ${hosts} hosts with ${containers} containers takes ${seconds.toFixed(2)} s of one core, at most ${MOST_SECONDS}`,
      seconds <= MOST_SECONDS,
    ),
  ];
}
