import { parseArgs } from 'node:util';
import { runScript, untilInterrupted } from './run-script.js';
import { type DayFigures, DAYS, daysOf, runDays } from './sim/scaling/days.js';
import { dayGoals, type Goal, loadGoals, printedGoal, seedGoals, stepGoal } from './sim/scaling/goals.js';
import { excerpts, seedIntense, seedMany, step } from './sim/scaling/loads.js';
import { AIM, OVER, policy, scalersFor } from './sim/scaling/policies.js';
import { type Load, runScaler, type ScalingFigures } from './sim/scaling/run.js';
import { capacityOf, type ServiceShape } from './sim/scaling/service.js';

const SEED = 1;
/** An instance of the excerpts; it runs 2 s after the decision, as one whose image is there does. */
const SHAPE: ServiceShape = { workers: 4, serviceMs: 100, startMs: 2_000 };
/** One whose image is pulled first, and which needs a minute until it is healthy. */
const SLOW: ServiceShape = { ...SHAPE, startMs: 90_000 };
/** The seed's two scenarios, and its bounds. */
const INTENSE: ServiceShape = { workers: 1, serviceMs: 600, startMs: 2_000 };
const INSTANT: ServiceShape = { workers: 50, serviceMs: 2, startMs: 2_000 };
const SEED_MIN = 5;
const SEED_MAX = 15;
/** Two weeks, of which the last days are measured: the first of them a Saturday. */
const FOURTEEN_DAYS = 14;
const MEASURED_FROM = 12;

interface Options {
  readonly json: boolean;
}

const interrupted = untilInterrupted();

interface Measured {
  readonly runs: readonly ScalingFigures[];
  readonly days: readonly DayFigures[];
  readonly goals: readonly Goal[];
}

/** `npm run bench:scaling [-- --json]`: our policies beside the HPA's rule and the second seed's, on a simulated service. */
async function main({ json }: Options): Promise<boolean> {
  const say = json ? () => undefined : console.log;
  const { runs, days, goals } = await measured(say);
  if (json) console.log(JSON.stringify({ runs, days, goals }, null, 2));
  say(`\n${goals.map(printedGoal).join('\n')}`);
  return goals.every(({ isMet }) => isMet);
}

async function measured(say: (line: string) => void): Promise<Measured> {
  const runs: ScalingFigures[] = [];
  const goals: Goal[] = [];
  for (const load of [...excerpts(), step]) {
    const own = compared(load, SHAPE);
    runs.push(...own);
    goals.push(...(load === step ? stepGoal(own) : loadGoals(load.name, own)));
  }
  const intense = compared(seedIntense, INTENSE, SEED_MIN, SEED_MAX);
  const many = compared(seedMany, INSTANT, SEED_MIN, SEED_MAX);
  runs.push(...intense, ...many);
  const own = intense.find(({ scaler }) => scaler === 'Slipway, score');
  if (own !== undefined) goals.push(...seedGoals(own, SEED_MAX, SEED_MIN));
  say(tableOf(runs));
  const days: DayFigures[] = [];
  for (const shape of DAYS) {
    interrupted.throwIfAborted();
    const [reactive, predicted] = daysBy(shape);
    days.push(reactive, predicted);
    goals.push(...dayGoals(reactive, predicted));
    say(`${shape} days: ${reactive.secondsOver} s over, with prediction ${predicted.secondsOver} s`);
    await new Promise(setImmediate);
  }
  return { runs, days, goals };
}

function compared(load: Load, shape: ServiceShape, min?: number, max?: number): readonly ScalingFigures[] {
  const settings = { shape, over: OVER, seed: SEED, ...(min !== undefined && { startCount: min }) };
  return scalersFor(shape, max, min).map((scaler) => runScaler(load, scaler(), settings));
}

function daysBy(shape: (typeof DAYS)[number]): readonly [DayFigures, DayFigures] {
  const minutes = daysOf(shape, FOURTEEN_DAYS, SEED);
  const settings = {
    ...{ shape: SLOW, from: MEASURED_FROM },
    policy: policy({ max: 50, targets: { requestsPerSecond: AIM * capacityOf(SLOW) } }),
    // Within the tolerance of what is aimed at.
    over: AIM * 1.1,
  };
  return [runDays(shape, minutes, false, settings), runDays(shape, minutes, true, settings)];
}

const COLUMNS = ['load', 'scaler', 's over', 'instance-s', 'flaps', 'changes', 'most', 'last'] as const;

function tableOf(runs: readonly ScalingFigures[]): string {
  const rows = runs.map(({ load, scaler, secondsOver, instanceSeconds, flaps, changes, most, last }) =>
    [load, scaler, secondsOver, instanceSeconds, flaps, changes, most, last].map(String),
  );
  const all = [[...COLUMNS], ...rows];
  const widths = COLUMNS.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    return parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } }).values;
  } catch {
    return undefined;
  }
}

const options = optionsOf(process.argv.slice(2));
await runScript({ options, usage: 'Usage: npm run bench:scaling [-- --json]', signal: interrupted, main });
