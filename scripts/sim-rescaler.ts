import { parseArgs } from 'node:util';
import { runScript, untilInterrupted } from './run-script.js';
import { lookAtFleet } from './sim/rescale/fleet.js';
import { fleetGoals, type FleetFigures, printedGoal } from './sim/rescale/goals.js';
import { tableOf } from './sim/rescale/table.js';

const SEED = 1;
const USAGE = 'Usage: npm run sim:rescaler [-- [--json] [--hosts N,N,...]]';

interface Options {
  readonly json: boolean;
  readonly hosts: readonly number[];
}

const interrupted = untilInterrupted();

/** `npm run sim:rescaler`: guardian and scaler on fleets in memory, as one replica of the rescaler runs them each second. */
function main({ json, hosts }: Options): Promise<boolean> {
  const figures: FleetFigures[] = hosts.map((count) => lookAtFleet(count, SEED, interrupted));
  const goals = fleetGoals(figures);
  if (json) console.log(JSON.stringify({ figures, goals }, null, 2));
  else {
    const rows = figures.map(({ hosts: count, containers, seconds, changes }) =>
      [count, containers, seconds.toFixed(3), ((seconds / containers) * 1_000_000).toFixed(0), changes].map(
        String,
      ),
    );
    console.log(tableOf(['hosts', 'containers', 's of a core', 'us a container', 'changes'], rows));
    console.log(`\n${goals.map(printedGoal).join('\n')}`);
  }
  return Promise.resolve(goals.every(({ isMet }) => isMet));
}

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    const options = { json: { type: 'boolean', default: false }, hosts: { type: 'string' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const hosts = values.hosts === undefined ? [10, 100, 1_000] : values.hosts.split(',').map(Number);
    return hosts.every((n) => Number.isInteger(n) && n > 0) ? { json: values.json, hosts } : undefined;
  } catch {
    return undefined;
  }
}

await runScript({ options: optionsOf(process.argv.slice(2)), usage: USAGE, signal: interrupted, main });
