import { platformOnOneMachine } from './bench/bench-machine.js';
import { sidesOf } from './bench/sides.js';
import { measureSpread, printedSpread, type SpreadOptions } from './bench/spread/measure.js';
import { Swarm } from './bench/swarm.js';
import { countsOf, runScript, untilInterrupted } from './run-script.js';

const USAGE = `Usage: npm run bench:spread [-- [--replicas N] [--rounds N] [--settle-seconds N]]

Slipway and Docker Swarm on the same nodes, in turns: the time until the replicas of a service run and answer, and how
even the nodes are busy after replicas were placed while one node was busy already.

  --replicas N        of the service that is spread (30)
  --rounds N          of each side (5)
  --settle-seconds N  so long a node is busy before anything is placed (90)

Exit code 1: Slipway is not better in both.`;

const interrupted = untilInterrupted();

/** `npm run bench:spread`: spreading beside Docker Swarm. */
async function main(options: SpreadOptions): Promise<boolean> {
  await using stops = new AsyncDisposableStack();
  const machine = await platformOnOneMachine(stops, { signal: interrupted });
  const sides = await sidesOf(machine, stops, interrupted);
  const swarm = await Swarm.form(machine.hosts);
  stops.defer(() => swarm.dissolve());
  const figures = await measureSpread({ sides, swarm, hosts: machine.hosts }, options);
  const { text, areMet } = printedSpread(figures, options);
  console.log(text);
  return areMet;
}

function optionsOf(args: readonly string[]): SpreadOptions | undefined {
  const counts = countsOf(args, { replicas: 30, rounds: 5, 'settle-seconds': 90 });
  const arePossible = counts !== undefined && counts.replicas > 0 && counts.rounds > 0;
  return arePossible ? { ...counts, settleSeconds: counts['settle-seconds'] } : undefined;
}

const args = process.argv.slice(2);
if (args.includes('--help')) console.log(USAGE);
else await runScript({ options: optionsOf(args), usage: USAGE, signal: interrupted, main });
