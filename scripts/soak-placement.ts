import { parseArgs } from 'node:util';
import { randomOf } from '#libs/testing';
import { printProgress } from './one-machine/start.js';
import { startInstallation } from './placement/installation.js';
import { Replicas } from './placement/replicas.js';
import { PlacementSoak, type PlacementSoakOptions } from './placement/soak.js';
import { PlacementTraffic } from './placement/traffic.js';
import { runScript, untilInterrupted } from './run-script.js';
import { printed } from './soak/report.js';

const USAGE = `Usage: npm run test:soak-placement [-- [--seconds N] [--replicas N] [--kill-every SECONDS] [--nodes N] [--seed N] [--json]]

Node requests, reports and releases through load balancers of which a random one is killed again and again; then it
checks that no room is shared, and that every token has one answer and the reservation that it should have.
Exit code 1: something does not hold.`;

interface Options extends PlacementSoakOptions {
  readonly nodes: number;
  readonly json: boolean;
}

const interrupted = untilInterrupted();

/** `npm run test:soak-placement`: three load balancers for ten minutes, one of them killed every five seconds. */
async function main({ nodes, json, ...options }: Options): Promise<boolean> {
  await using stops = new AsyncDisposableStack();
  const random = randomOf(options.seed);
  const sizes = Array.from({ length: nodes }, (_, n) => ({
    ...{ name: `node-${n}`, cpus: 1 + Math.floor(random() * 8), memoryMiB: 1_024 },
  }));
  const report = json ? () => undefined : printProgress;
  const { env, ledger, database } = await startInstallation(stops, sizes, report);
  const replicas = new Replicas({ env, ledger });
  stops.defer(() => replicas.stop());
  await replicas.start(options.replicas);
  const traffic = new PlacementTraffic(env);
  stops.defer(() => traffic.close());
  await traffic.open();
  const soak = new PlacementSoak({ replicas, traffic, database, signal: interrupted }, options);
  const { figures, violations } = await soak.run();
  console.log(json ? JSON.stringify({ figures, violations }, null, 2) : printed(figures, violations));
  return Object.values(violations).every((cases) => cases.length === 0);
}

const DEFAULTS = { seconds: '600', replicas: '3', 'kill-every': '5', nodes: '10', seed: '1' } as const;

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    const text = (value: string) => ({ type: 'string', default: value }) as const;
    const { values } = parseArgs({
      args: [...args],
      options: {
        seconds: text(DEFAULTS.seconds),
        replicas: text(DEFAULTS.replicas),
        'kill-every': text(DEFAULTS['kill-every']),
        nodes: text(DEFAULTS.nodes),
        seed: text(DEFAULTS.seed),
        json: { type: 'boolean', default: false },
      },
    });
    const { json, 'kill-every': every, ...others } = values;
    const [seconds, replicas, nodes, seed] = [others.seconds, others.replicas, others.nodes, others.seed].map(
      Number,
    );
    const killEvery = Number(every);
    const areCounts = [seconds, replicas, nodes].every((n) => Number.isInteger(n) && Number(n) > 0);
    if (!areCounts || !Number.isFinite(seed) || !(killEvery >= 0)) return undefined;
    return { seconds: seconds!, replicas: replicas!, nodes: nodes!, seed: seed!, killEvery, json };
  } catch {
    return undefined;
  }
}

const args = process.argv.slice(2);
if (args.includes('--help')) console.log(USAGE);
else await runScript({ options: optionsOf(args), usage: USAGE, signal: interrupted, main });
