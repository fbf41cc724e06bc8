import { platformOnOneMachine } from './bench/bench-machine.js';
import { ServiceFleet } from './bench/fleet.js';
import { measureReplicas, measureServices } from './bench/fleet-rounds.js';
import { sidesOf } from './bench/sides.js';
import { Swarm } from './bench/swarm.js';
import { countsOf, runScript, untilInterrupted } from './run-script.js';

const REPLICAS = [1, 10];

interface Options {
  /** In one request; 0 leaves this part out. */
  readonly services: number;
  readonly rounds: number;
  /** 0 leaves the part with Docker Swarm out. */
  readonly swarmRounds: number;
}

const interrupted = untilInterrupted();

/**
 * `npm run bench:fleet [-- --services N] [--rounds N] [--swarm-rounds N]`: many services in one request against what
 * the engines can do, and replicas of one service beside Docker Swarm.
 */
async function main(options: Options): Promise<void> {
  await using stops = new AsyncDisposableStack();
  const machine = await platformOnOneMachine(stops, { signal: interrupted });
  const sides = await sidesOf(machine, stops, interrupted);
  if (options.services > 0) {
    console.log(`Preparing ${options.services} services ...`);
    const fleet = await ServiceFleet.prepare(sides, options.services);
    console.log(await measureServices(fleet, options.rounds, interrupted));
  }
  if (options.swarmRounds === 0) return;
  const swarm = await Swarm.form(machine.hosts);
  stops.defer(() => swarm.dissolve());
  for (const replicas of REPLICAS)
    console.log(await measureReplicas(sides, swarm, { replicas, rounds: options.swarmRounds }));
}

function optionsOf(args: readonly string[]): Options | undefined {
  const counts = countsOf(args, { services: 50, rounds: 5, 'swarm-rounds': 5 });
  return counts && { ...counts, swarmRounds: counts['swarm-rounds'] };
}

await runScript({
  options: optionsOf(process.argv.slice(2)),
  usage: 'Usage: npm run bench:fleet [-- [--services N] [--rounds N] [--swarm-rounds N]]',
  signal: interrupted,
  main,
});
