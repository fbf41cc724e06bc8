import { parseArgs } from 'node:util';
import { PARTS, type RealOptions } from './bench/scaling/measure.js';
import { benchReal } from './bench/scaling/real.js';
import { INSTANT, INTENSE, SEED_MAX, SEED_MIN, SHAPE, SLOW } from './bench/scaling/shapes.js';
import { runScript, untilInterrupted } from './run-script.js';
import { type DayFigures, DAYS, daysOf, runDays } from './sim/scaling/days.js';
import { dayGoals, type Goal, loadGoals, printedGoal, seedGoals, stepGoal } from './sim/scaling/goals.js';
import { excerpts, seedIntense, seedMany, step } from './sim/scaling/loads.js';
import { AIM, OVER, policy, scalersFor } from './sim/scaling/policies.js';
import { type Load, runScaler, type ScalingFigures } from './sim/scaling/run.js';
import { capacityOf, type ServiceShape } from './sim/scaling/service.js';

const SEED = 1;
/** Two weeks, of which the last days are measured: the first of them a Saturday. */
const FOURTEEN_DAYS = 14;
const MEASURED_FROM = 12;

const USAGE = `Usage: npm run bench:scaling [-- [--json] [--real [--only PARTS] [--rounds N] [--seconds N]]]

Policies of Slipway beside the HPA's rule and the second seed's, on a simulated service; with --real, on containers
behind the gateway of a platform on this machine.

  --json       what was found as JSON, too
  --real       the real part alone: about 25 minutes
  --only       of it, some of: ${PARTS.join(', ')} (separated by commas)
  --rounds N   of an overload, and from zero (10)
  --seconds N  the loads are cut to so many seconds (not at all)

Exit code 1: a goal is missed.`;

interface Options {
  readonly json: boolean;
  readonly real?: RealOptions;
}

const interrupted = untilInterrupted();

interface Measured {
  readonly runs: readonly ScalingFigures[];
  readonly days: readonly DayFigures[];
  readonly goals: readonly Goal[];
}

/** `npm run bench:scaling [-- --json]`: our policies beside the HPA's rule and the second seed's, on a simulated service. */
async function main({ json, real }: Options): Promise<boolean> {
  const say = json ? () => undefined : console.log;
  if (real !== undefined) {
    const { measured, text, areMet } = await benchReal({ ...real, signal: interrupted, say });
    if (json) console.log(JSON.stringify(measured, null, 2));
    say(`\n${text}`);
    return areMet;
  }
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
    const text = { type: 'string' } as const;
    const { json, real, only, rounds, seconds } = parseArgs({
      args: [...args],
      options: {
        ...{ json: { type: 'boolean', default: false }, real: { type: 'boolean', default: false } },
        ...{ only: text, rounds: { ...text, default: '10' }, seconds: { ...text, default: '100000' } },
      },
    }).values;
    if (!real) return { json };
    const parts = (only ?? PARTS.join()).split(',').map((name) => PARTS.find((part) => part === name));
    const counts = [Number(rounds), Number(seconds)];
    if (parts.includes(undefined) || !counts.every((count) => Number.isInteger(count) && count > 0)) return;
    const asked = parts.filter((part) => part !== undefined);
    return { json, real: { parts: asked, rounds: Number(rounds), seconds: Number(seconds) } };
  } catch {
    return undefined;
  }
}

const args = process.argv.slice(2);
if (args.includes('--help')) console.log(USAGE);
else await runScript({ options: optionsOf(args), usage: USAGE, signal: interrupted, main });
