import { tableLines } from '../../../apps/cli/src/domain/table.js';
import { type Goal, printedGoal } from '../../sim/scaling/goals.js';
import { OVER, scalersFor } from '../../sim/scaling/policies.js';
import { fittingCount, runScaler, type ScalingFigures } from '../../sim/scaling/run.js';
import { lanesOf, type RealLoadCase, type RealMeasured, type RealOptions } from './measure.js';
import type { ComingBack } from './pause.js';
import { medianOf, type RealFigures } from './real-run.js';

const SEED = 1;
const MOST_OVERLOAD_MS = 5_000;
const MOST_AFTER_HEALTHY_MS = 150;
const MOST_FLAPS = 2;
/** How far the simulator may be from the real run: a share of the instance-seconds, and of the seconds. */
const MOST_APART = 0.15;

const goal = (text: string, isMet: boolean): Goal => ({ text, isMet });

/** What was measured beside the simulator's figures, and whether the goals are met. */
export function printedReal(
  { overload, wakes, back, loads }: RealMeasured,
  { seconds }: Pick<RealOptions, 'seconds'>,
): { readonly text: string; readonly areMet: boolean } {
  const startMs = startOf(overload);
  const cases = lanesOf(seconds).flat();
  const compared = loads.map((real) => comparedWith(real, cases, startMs));
  const goals = [...overloadGoals(overload), ...wakeGoals(wakes), ...compared.flatMap(goalsOf)];
  const text = [
    ...(loads.length > 0 ? [tableOf(compared), ''] : []),
    ...(wakes.length > 0 ? [hopsText(wakes), ''] : []),
    ...(back === undefined ? [] : [backText(back), '']),
    ...goals.map(printedGoal),
  ].join('\n');
  return { text, areMet: goals.every(({ isMet }) => isMet) };
}

/** From a decision to the first request of the instance; undefined where it was not measured. */
function startOf(overload: RealMeasured['overload']): number | undefined {
  const starts = overload.map(({ servingMs, decidedMs }) => servingMs - decidedMs).filter(Number.isFinite);
  return starts.length === 0 ? undefined : medianOf(starts);
}

interface Compared {
  readonly real: RealFigures;
  readonly seconds: number;
  /** Ours first, with the start that was measured; then its peers. */
  readonly simulated: readonly ScalingFigures[];
}

function comparedWith(real: RealFigures, cases: readonly RealLoadCase[], startMs?: number): Compared {
  const found = cases.find(({ load }) => load.name === real.load);
  if (found === undefined) throw new Error(`${real.load} is no load of this bench`);
  const { load, min, max } = found;
  const shape = { ...found.shape, ...(startMs !== undefined && { startMs }) };
  const startCount = Math.max(min, fittingCount(load, shape, OVER));
  const settings = { shape, over: OVER, seed: SEED, startCount };
  const simulated = scalersFor(shape, max, min).map((scaler) => runScaler(load, scaler(), settings));
  return { real, seconds: load.perSecond.length, simulated };
}

const by = (runs: readonly ScalingFigures[], name: string): ScalingFigures | undefined =>
  runs.find(({ scaler }) => scaler.startsWith(name));

function goalsOf({ real, seconds, simulated }: Compared): readonly Goal[] {
  const [own, hpa, seed] = ['Slipway, concurrency', 'HPA', 'the seed'].map((name) => by(simulated, name));
  if (own === undefined || hpa === undefined || seed === undefined) return [];
  const least = Math.min(hpa.secondsOver, seed.secondsOver);
  const cost = Math.abs(real.instanceSeconds / own.instanceSeconds - 1);
  const over = Math.abs(real.secondsOver - own.secondsOver) / seconds;
  return [
    goal(
      `${real.load}, real: ${real.secondsOver} s over, at most ${least} of the peers`,
      real.secondsOver <= least,
    ),
    goal(`${real.load}, real: ${real.flaps} flaps, at most ${MOST_FLAPS}`, real.flaps <= MOST_FLAPS),
    goal(`${real.load}, real: ${real.failed} of ${real.sent} requests failed, none may`, real.failed === 0),
    goal(
      `${real.load}: the simulator is ${percent(cost)} of the instance-seconds and ${percent(over)} of the seconds over from the real run, at most ${percent(MOST_APART)}`,
      cost <= MOST_APART && over <= MOST_APART,
    ),
  ];
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function overloadGoals(overload: RealMeasured['overload']): readonly Goal[] {
  if (overload.length === 0) return [];
  const median = medianOf(overload.map(({ servingMs }) => servingMs));
  const failed = overload.reduce((sum, one) => sum + one.failed, 0);
  return [
    goal(
      `overload: a new instance serves after ${median.toFixed(0)} ms (median of ${overload.length}), at most ${MOST_OVERLOAD_MS}`,
      median <= MOST_OVERLOAD_MS,
    ),
    goal(`overload: ${failed} requests failed, none may`, failed === 0),
  ];
}

function wakeGoals(wakes: RealMeasured['wakes']): readonly Goal[] {
  if (wakes.length === 0) return [];
  const median = medianOf(wakes.map(({ afterHealthyMs }) => afterHealthyMs));
  return [
    goal(
      `from zero: answered ${median} ms after the first healthy answer (median of ${wakes.length}), at most ${MOST_AFTER_HEALTHY_MS}`,
      median <= MOST_AFTER_HEALTHY_MS,
    ),
  ];
}

/** No goal: it says what an instance that is kept would save. */
const backText = ({ made, started, unpaused, pausing, keptBytes }: ComingBack): string =>
  [
    `an instance answers ${made.toFixed(0)} ms after it is made, ${started.toFixed(0)} ms after a start of what was stopped,`,
    `and ${unpaused.toFixed(0)} ms after unpause (pause takes ${pausing.toFixed(0)} ms, and keeps ${(keptBytes / 1_048_576).toFixed(0)} MiB)`,
  ].join('\n');

/** When each thing was said for the first time, and for the last time before the answer; medians, in ms from the request. */
function hopsText(wakes: RealMeasured['wakes']): string {
  const channels = [...new Set(wakes.flatMap(({ hops }) => hops.map(({ channel }) => channel)))];
  const median = (pick: (times: readonly number[]) => number | undefined, channel: string): string => {
    const picked = wakes.flatMap(
      ({ hops }) => pick(hops.flatMap((hop) => (hop.channel === channel ? [hop.at] : []))) ?? [],
    );
    return String(Math.round(medianOf(picked)));
  };
  const rows = channels.map((channel) => [
    ...[channel, median((times) => times[0], channel), median((times) => times.at(-1), channel)],
  ]);
  const own = [
    ['the instance is healthy', String(medianOf(wakes.map(({ healthyMs }) => healthyMs))), ''],
    ['the answer', String(medianOf(wakes.map(({ answeredMs }) => answeredMs))), ''],
  ];
  return tableLines(['WHAT WAS SAID', 'FIRST, MS', 'LAST, MS'], [...rows, ...own]).join('\n');
}

function tableOf(compared: readonly Compared[]): string {
  const rows = compared.flatMap(({ real, simulated }) => [
    cells(real, real.p95Ms),
    ...simulated.filter(({ scaler }) => /concurrency|HPA|seed/.test(scaler)).map((one) => cells(one)),
  ]);
  return tableLines(
    ['LOAD', 'SCALER', 'S OVER', 'INSTANCE-S', 'FLAPS', 'CHANGES', 'MOST', 'LAST', 'P95 MS'],
    rows,
  ).join('\n');
}

const cells = (one: ScalingFigures, p95Ms?: number): string[] => [
  ...[one.load, one.scaler],
  ...[one.secondsOver, one.instanceSeconds, one.flaps, one.changes, one.most, one.last].map(String),
  p95Ms === undefined ? '' : p95Ms.toFixed(0),
];
