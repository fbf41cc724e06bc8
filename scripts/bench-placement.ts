import { parseArgs } from 'node:util';
import { fleetOf } from './bench/placement/fleet.js';
import { goalsOf, printedPlacement } from './bench/placement/report.js';
import { measureRound, type RoundFigures } from './bench/placement/round.js';
import { printProgress } from './one-machine/start.js';
import { startInstallation } from './placement/installation.js';
import { runScript, untilInterrupted } from './run-script.js';

/** Placed a second, of all replicas together, on two cores. */
const GOAL = 500;

const USAGE = `Usage: npm run bench:placement [-- [--nodes N] [--requests N] [--replicas N,N,...] [--in-flight N] [--rate N] [--json]]

Places instances the whole way: requests over Kafka, replicas of the load balancer as processes, reservations in
Postgres, answers over Kafka. Kafka and Postgres are started for it; nodes are rows that nobody connects to.

  --nodes N         nodes of the fleet (1000)
  --requests N      measured requests (10000)
  --replicas N,...  load balancers; a round for each number (3,1)
  --in-flight N     requests without an answer at most (400)
  --rate N          requests a second while p50 and p99 at an even rate are measured (${GOAL})
  --json            the figures as JSON

Exit code 1: fewer than ${GOAL} placed a second with the most replicas, or a reservation is wrong.`;

interface Options {
  readonly nodes: number;
  readonly requests: number;
  readonly replicas: readonly number[];
  readonly inFlight: number;
  readonly rate: number;
  readonly json: boolean;
}

const interrupted = untilInterrupted();

/** `npm run bench:placement`: how many instances the load balancer places in a second, from request to answer. */
async function main({ nodes, replicas, json, ...options }: Options): Promise<boolean> {
  await using stops = new AsyncDisposableStack();
  const say = json ? () => undefined : console.log;
  const report = json ? () => undefined : printProgress;
  const installation = await startInstallation(stops, fleetOf(nodes), report);
  const rounds: RoundFigures[] = [];
  for (const count of replicas) {
    interrupted.throwIfAborted();
    say(`Measuring: ${count} replicas, ${options.requests} requests ...`);
    const round = { ...options, replicas: count, signal: interrupted };
    rounds.push(await measureRound(installation, round));
  }
  const results = { nodes, rounds, goals: goalsOf(rounds, GOAL) };
  console.log(json ? JSON.stringify(results, null, 2) : printedPlacement(results, options.rate));
  return results.goals.every(({ isMet }) => isMet);
}

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        nodes: { type: 'string', default: '1000' },
        requests: { type: 'string', default: '10000' },
        replicas: { type: 'string', default: '3,1' },
        'in-flight': { type: 'string', default: '400' },
        rate: { type: 'string', default: String(GOAL) },
        json: { type: 'boolean', default: false },
      },
    });
    const { json, replicas: each, 'in-flight': open, ...others } = values;
    const numbers = { nodes: others.nodes, requests: others.requests, inFlight: open, rate: others.rate };
    const counts = Object.entries(numbers).map(([name, text]) => [name, Number(text)] as const);
    const replicas = each.split(',').map(Number);
    const isCount = (n: number): boolean => Number.isInteger(n) && n > 0;
    if (![...counts.map(([, n]) => n), ...replicas].every(isCount)) return undefined;
    return { ...(Object.fromEntries(counts) as Record<keyof typeof numbers, number>), replicas, json };
  } catch {
    return undefined;
  }
}

const args = process.argv.slice(2);
if (args.includes('--help')) console.log(USAGE);
else await runScript({ options: optionsOf(args), usage: USAGE, signal: interrupted, main });
