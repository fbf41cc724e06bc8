import { WEIGHTS } from '../../data-plane/domain/wanted.js';
import { median } from './median.js';

/** What the weight of an instance follows from. Each is compared with that of the service's other instances. */
export interface Load {
  /** Until the head of an answer; undefined where none came yet. */
  readonly latencyMs?: number;
  /** Of its requests, 0 to 1. */
  readonly errorShare: number;
  readonly inFlight: number;
  /** Its weight now. */
  readonly weight: number;
  /** It holds requests and answers none, while others do. */
  readonly isStalled: boolean;
  /** How far its slow start is, above 0 to 1. */
  readonly ramp: number;
  /** Of another source, 0 to 100; 100 is idle. */
  readonly score?: number;
}

/** The weight of an instance that does as most others do. */
export const BASE = 100;
/** An instance gets half to a twelfth of its fellows' share for its latency alone, or twice of it. */
const LATENCY = { least: 1 / 12, most: 2 } as const;
/** Times of less than this are alike: HAProxy counts whole milliseconds. */
const GRAIN_MS = 1;
const LEAST_ERROR_FACTOR = 1 / 16;
const LEAST_IN_FLIGHT_FACTOR = 1 / 8;
/** So far above its share an instance may be by chance. */
const IN_FLIGHT_SLACK = 2;

/**
 * The weights that the instances of one service should have, in their order. Each factor is 1 for an instance like most:
 *
 * - latency: the median of all over its own, so that work which takes twice as long comes half as often;
 * - errors: the square of 1 minus what its share of errors is above the median of the others;
 * - in flight: twice its fair share, and 2, over what it has, where it has more;
 * - a score of another source, of 100; the ramp of its slow start.
 *
 * The best instance has `BASE` at least, so that all together are never at the least weight.
 */
export function adaptiveWeights(loads: readonly Load[]): readonly number[] {
  const usual = median(loads.flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : [latencyMs])));
  const usualScore = median(loads.flatMap(({ score }) => (score === undefined ? [] : [score])));
  const whole = sumOf(loads, ({ inFlight }) => inFlight);
  const weights = sumOf(loads, ({ weight }) => weight);
  const longest = Math.max(...loads.map(({ ramp }) => ramp));
  const factors = loads.map((load, index) => {
    if (load.isStalled) return 0;
    const fair = (whole * load.weight) / weights;
    const excess = Math.max(0, load.errorShare - otherErrors(loads, index));
    return (
      latencyFactor(load.latencyMs, usual, excess) *
      errorFactor(excess) *
      inFlightFactor(load.inFlight, fair) *
      (Math.max(1, load.score ?? usualScore ?? 100) / 100) *
      // Where all are new, none is.
      (load.ramp / longest)
    );
  });
  const best = Math.max(...factors);
  return factors.map((factor) => (best === 0 ? BASE : wholeWeight((BASE * factor) / Math.min(1, best))));
}

/** To fail at once is not to be fast: with a tenth of errors, nobody gets more for its latency. */
const latencyFactor = (latencyMs: number | undefined, usualMs: number | undefined, excess: number): number =>
  latencyMs === undefined || usualMs === undefined
    ? 1
    : clamped(
        (usualMs + GRAIN_MS) / (latencyMs + GRAIN_MS),
        LATENCY.least,
        Math.max(1, LATENCY.most - 10 * excess),
      );

const errorFactor = (excess: number): number => clamped((1 - excess) ** 2, LEAST_ERROR_FACTOR, 1);

const inFlightFactor = (inFlight: number, fair: number): number =>
  inFlight <= 0 ? 1 : clamped((2 * fair + IN_FLIGHT_SLACK) / inFlight, LEAST_IN_FLIGHT_FACTOR, 1);

/** The median of the others' shares of errors: where most fail, to fail is no fault of the instance. */
const otherErrors = (loads: readonly Pick<Load, 'errorShare'>[], index: number): number =>
  median(loads.flatMap(({ errorShare }, at) => (at === index ? [] : [errorShare]))) ?? 0;

/**
 * The weights by scores alone: requests are shared out as the scores are. It is the rule of RustyBalancer: the weight is the
 * score, and 1 where that is none of 0 to 100 or below 1. An instance without a score has the median of the others'.
 */
export function scoreWeights(loads: readonly Pick<Load, 'score' | 'ramp'>[]): readonly number[] {
  const usual = median(loads.flatMap(({ score }) => (score === undefined ? [] : [scoreWeight(score)])));
  const longest = Math.max(...loads.map(({ ramp }) => ramp));
  return loads.map(({ score, ramp }) =>
    wholeWeight(((score === undefined ? (usual ?? BASE) : scoreWeight(score)) * ramp) / longest),
  );
}

const scoreWeight = (score: number): number => (score >= 0 && score <= 100 ? Math.max(1, score) : 1);

const clamped = (value: number, least: number, most: number): number =>
  Math.min(most, Math.max(least, value));
const wholeWeight = (weight: number): number => clamped(Math.round(weight), WEIGHTS.least, WEIGHTS.most);
const sumOf = <T>(all: readonly T[], of: (one: T) => number): number =>
  all.reduce((sum, one) => sum + of(one), 0);
