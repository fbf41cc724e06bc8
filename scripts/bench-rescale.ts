import { parseArgs } from 'node:util';
import { runScript, untilInterrupted } from './run-script.js';
import { type Goal, printedGoal, rescaleGoals } from './sim/rescale/goals.js';
import { fixed, type Limiter, rescaler, vpa } from './sim/rescale/policies.js';
import { type RescaleFigures, runLimiter } from './sim/rescale/run.js';
import { tableOf } from './sim/rescale/table.js';
import type { PeakOf, Work } from './sim/rescale/workload.js';

const SEED = 1;
/** Four cores: two for the ten containers at their peaks, one for the job, half a one for the service. */
const HOST_SHARES = 400;
const USAGE = 'Usage: npm run bench:rescale [-- --json]';

interface Options {
  readonly json: boolean;
}

const limiters: readonly ((works: readonly Work[]) => Limiter)[] = [
  fixed,
  (works) => rescaler('serverless', works, HOST_SHARES),
  (works) => rescaler('slo', works, HOST_SHARES),
  (works) => rescaler('slo', works, HOST_SHARES, false),
  vpa,
];

const interrupted = untilInterrupted();

/**
 * `npm run bench:rescale`: ten containers under load, a batch job and a service beside them, simulated: fixed limits, both
 * policies and Kubernetes' VPA. The goals are about limits that hold nobody back; the second table is of tighter ones.
 */
function main({ json }: Options): Promise<boolean> {
  const say = json ? () => undefined : console.log;
  const measured = (peakOf: PeakOf): readonly RescaleFigures[] =>
    limiters.map((limiterOf) => {
      interrupted.throwIfAborted();
      return runLimiter(limiterOf, SEED, peakOf);
    });
  const runs = measured('period');
  say(`Fixed limits are the busiest 100 ms of each load:\n\n${table(runs)}`);
  const tight = measured('second');
  say(`\nFixed limits are the busiest second of each load:\n\n${table(tight)}`);
  const goals: readonly Goal[] = rescaleGoals(runs);
  if (json) console.log(JSON.stringify({ runs, tight, goals }, null, 2));
  say(`\n${goals.map(printedGoal).join('\n')}`);
  return Promise.resolve(goals.every(({ isMet }) => isMet));
}

const COLUMNS = ['limits', 'used of ten', 'used of all', 'cores', 'batch s', 'p50 ms', 'p99 ms', 'changes'];

const table = (runs: readonly RescaleFigures[]): string =>
  tableOf(
    COLUMNS,
    runs.map(({ limiter, utilisationTen, utilisation, allocated, batchSeconds, p50Ms, p99Ms, changes }) => [
      ...[limiter, utilisationTen.toFixed(3), utilisation.toFixed(3), (allocated / 100).toFixed(2)],
      ...[batchSeconds.toFixed(0), p50Ms.toFixed(1), p99Ms.toFixed(1), String(changes)],
    ]),
  );

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    return parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } }).values;
  } catch {
    return undefined;
  }
}

await runScript({ options: optionsOf(process.argv.slice(2)), usage: USAGE, signal: interrupted, main });
