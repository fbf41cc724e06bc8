import type { DayFigures } from './days.js';
import type { ScalingFigures } from './run.js';

export interface Goal {
  readonly text: string;
  readonly isMet: boolean;
}

const goal = (text: string, isMet: boolean): Goal => ({ text, isMet });
export const printedGoal = ({ text, isMet }: Goal): string => `goal: ${text} .. ${isMet ? 'met' : 'MISSED'}`;

/** A change of the load is followed by so many flaps at most. */
const MOST_FLAPS = 2;
const MOST_RELIEF_SECONDS = 5;

const by = (runs: readonly ScalingFigures[], name: string): ScalingFigures | undefined =>
  runs.find(({ scaler }) => scaler.startsWith(name));

/** Of one load: no longer over than the peers, for no more instances than the HPA, without flapping. */
export function loadGoals(load: string, runs: readonly ScalingFigures[]): readonly Goal[] {
  const own = by(runs, 'Slipway, concurrency');
  const [hpa, seed] = [by(runs, 'HPA'), by(runs, 'the seed')];
  if (own === undefined || hpa === undefined || seed === undefined) return [];
  return [
    goal(
      `${load}: ${own.secondsOver} s over, at most ${Math.min(hpa.secondsOver, seed.secondsOver)}`,
      own.secondsOver <= Math.min(hpa.secondsOver, seed.secondsOver),
    ),
    goal(
      `${load}: ${own.instanceSeconds} instance-seconds, at most the HPA's ${hpa.instanceSeconds}`,
      own.instanceSeconds <= hpa.instanceSeconds,
    ),
    goal(`${load}: ${own.flaps} flaps, at most ${MOST_FLAPS}`, own.flaps <= MOST_FLAPS),
  ];
}

export function stepGoal(runs: readonly ScalingFigures[]): readonly Goal[] {
  const seconds = by(runs, 'Slipway, concurrency')?.firstReliefSeconds ?? Infinity;
  return [
    goal(
      `three times the load at once: relieved after ${seconds} s, at most ${MOST_RELIEF_SECONDS}`,
      seconds <= MOST_RELIEF_SECONDS,
    ),
  ];
}

/** The seed's own scenario: it grows to its maximum, and shrinks again. */
export function seedGoals(own: ScalingFigures, most: number, least: number): readonly Goal[] {
  return [
    goal(`${own.load}: grows to ${own.most} of ${most}`, own.most === most),
    goal(`${own.load}: shrinks to ${own.last}, at most ${least + 1}`, own.last <= least + 1),
  ];
}

const MOST_SHARE_OVER = 0.5;
const MOST_COST = 1.1;

export function dayGoals(reactive: DayFigures, predicted: DayFigures): readonly Goal[] {
  const cost = predicted.instanceSeconds / reactive.instanceSeconds;
  return [
    goal(
      `${reactive.shape} days: ${predicted.secondsOver} s over with prediction, at most half of ${reactive.secondsOver}`,
      reactive.secondsOver > 0 && predicted.secondsOver <= reactive.secondsOver * MOST_SHARE_OVER,
    ),
    goal(
      `${reactive.shape} days: ${cost.toFixed(3)} times the instance-seconds, at most ${MOST_COST}`,
      cost <= MOST_COST,
    ),
  ];
}
