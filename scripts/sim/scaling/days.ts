import { expectedOf } from '../../../apps/load-balancer/src/scaling/domain/expected.js';
import type { LoadHistory } from '../../../apps/load-balancer/src/scaling/domain/load-minutes.js';
import type { Policy } from '../../../apps/load-balancer/src/scaling/domain/policy.js';
import { seeded } from '../placement/random.js';
import { ours, type Scaler } from './scalers.js';
import { capacityOf, SimulatedService, type ServiceShape } from './service.js';
import { traceOf } from './traces.js';

export const DAYS = ['diurnal', 'bursty', 'office'] as const;
export type DayShape = (typeof DAYS)[number];

const DAY_MINUTES = 1_440;
const WEEKEND = 0.6;
/** The load grows by so much a day. */
const GROWTH = 0.01;
/** Days differ by so much as wholes, minutes by so much besides; standard deviations, as shares. */
const DAY_NOISE = 0.05;
const MINUTE_NOISE = 0.02;
/** Decisions of the simulation: seconds would show no more of days, and cost six times as much. */
const TICK_SECONDS = 10;

/** The shape of one day, a value a minute. */
function shapeOf(shape: DayShape): readonly number[] {
  if (shape !== 'office') {
    const trace = traceOf(shape);
    return Array.from({ length: DAY_MINUTES }, (_, minute) => {
      const at = (minute / DAY_MINUTES) * trace.length;
      const around = trace.slice(Math.max(0, Math.floor(at) - 15), Math.floor(at) + 16);
      return around.reduce((sum, load) => sum + load, 0) / around.length;
    });
  }
  // People come at nine, go at noon, come back, and leave at five; each within a quarter of an hour.
  const edges = [
    { at: 540, to: 360 },
    { at: 720, to: 220 },
    { at: 780, to: 380 },
    { at: 1_020, to: 90 },
  ];
  return Array.from({ length: DAY_MINUTES }, (_, minute) => {
    let load = 60;
    for (const { at, to } of edges) load += (to - load) * Math.min(1, Math.max(0, (minute - at) / 15));
    return load;
  });
}

/** Requests a second of each minute of so many days, a week of them with a weekend; the first one is a Monday. */
export function daysOf(shape: DayShape, days: number, seed: number): readonly number[] {
  const random = seeded(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const minutes = shapeOf(shape);
  return Array.from({ length: days }, (_, day) => day).flatMap((day) => {
    const level = (day % 7 > 4 ? WEEKEND : 1) * (1 + GROWTH) ** day * Math.max(0.5, 1 + DAY_NOISE * normal());
    return minutes.map((load) => Math.max(0, load * level * (1 + MINUTE_NOISE * normal())));
  });
}

export interface DayFigures {
  readonly shape: DayShape;
  readonly scaler: string;
  readonly secondsOver: number;
  readonly instanceSeconds: number;
}

interface Settings {
  readonly shape: ServiceShape;
  readonly policy: Policy;
  readonly over: number;
  /** Days before are learned from only. */
  readonly from: number;
}

/** The days from `from` on by one scaler. What is expected is made of the minutes before only. */
export function runDays(
  shape: DayShape,
  minutes: readonly number[],
  isPredicted: boolean,
  { shape: service, policy, over, from }: Settings,
): DayFigures {
  const scaler = scalerOf(minutes, isPredicted, policy);
  const random = seeded(7);
  const first = from * DAY_MINUTES;
  const fitting = Math.ceil((minutes[first] ?? 0) / (capacityOf(service) * over));
  const simulated = new SimulatedService(service, fitting);
  let secondsOver = 0;
  for (let second = first * 60; second < minutes.length * 60; second += TICK_SECONDS) {
    const minute = Math.floor(second / 60);
    const [before = 0, after = before] = [minutes[minute], minutes[minute + 1]];
    const load = before + ((after - before) * (second % 60)) / 60;
    const noise = Math.sqrt(Math.max(0, load) / TICK_SECONDS) * (random() + random() - 1);
    const seen = simulated.second(second * 1_000, Math.max(0, load + noise));
    if (seen.utilisation > over) secondsOver += TICK_SECONDS;
    const wanted = scaler.wanted(seen, simulated.wanted);
    if (wanted !== simulated.wanted) simulated.scale(wanted, second * 1_000);
  }
  const instanceSeconds = simulated.instanceSeconds * TICK_SECONDS;
  return { shape, scaler: scaler.name, secondsOver, instanceSeconds };
}

function scalerOf(minutes: readonly number[], isPredicted: boolean, policy: Policy): Scaler {
  if (!isPredicted) return ours('reactive', { ...policy, prediction: 'off' });
  let [known, expected]: [number, ReturnType<typeof expectedOf>] = [-1, undefined];
  return ours('predicted', { ...policy, prediction: 'on' }, (now) => {
    const minute = Math.floor(now / 60_000);
    if (minute !== known) {
      known = minute;
      expected = expectedOf(historyUntil(minutes, minute), policy, now);
    }
    return expected;
  });
}

const historyUntil = (minutes: readonly number[], end: number): LoadHistory => {
  const requestsPerSecond = minutes.slice(Math.max(0, end - 28 * DAY_MINUTES), end);
  return { cpu: [], memory: [], concurrency: [], requestsPerSecond };
};
