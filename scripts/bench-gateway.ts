import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureFairness } from './bench/gateway/fairness.js';
import { NGINX } from './bench/gateway/instances.js';
import { WRK } from './bench/gateway/load.js';
import { goalsOf, printedGateway } from './bench/gateway/report.js';
import { measureTail } from './bench/gateway/tail.js';
import { measureThroughput } from './bench/gateway/throughput.js';
import { HAPROXY } from './gateway/plane-alone.js';
import { ensurePackages } from './one-machine/packages.js';
import { claimSlot } from './one-machine/slot.js';
import { printProgress } from './one-machine/start.js';
import { runScript, untilInterrupted } from './run-script.js';

const PARTS = ['throughput', 'fairness', 'tail'] as const;
type Part = (typeof PARTS)[number];

const USAGE = `Usage: npm run bench:gateway [-- [--rounds N] [--seconds N] [--cores N,N] [--parts NAME,...] [--json]]

The gateway's data plane beside HAProxy alone, nginx, and the rule of the seed, in turns, on this machine.

  --rounds N        of each measurement (10)
  --seconds N       of each round of throughput (3); four times as long of the tail
  --cores N,N       of the proxies: 1, 2 or both (1,2)
  --parts NAME,...  ${PARTS.join(', ')}; all of them when left out
  --json            the figures as JSON

Exit code 1: a goal is missed.`;

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly cores: readonly number[];
  readonly parts: readonly Part[];
  readonly json: boolean;
}

const interrupted = untilInterrupted();
const TAIL_TIMES = 4;

/** `npm run bench:gateway`: what the gateway costs a request, how it shares them out, and how slow the slowest are. */
async function main({ json, parts, ...options }: Options): Promise<boolean> {
  await using stops = new AsyncDisposableStack();
  const [say, report] = json ? [() => undefined, () => undefined] : [console.log, printProgress];
  await ensurePackages({ report }, { haproxy: HAPROXY, 'nginx-light': NGINX, wrk: WRK });
  const slot = await claimSlot();
  stops.defer(() => slot.release());
  const { ledger } = slot;
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  ledger.hold({ kind: 'directory', path: folder });
  stops.defer(() => rm(folder, { recursive: true, force: true }));
  const bench = { folder, ledger, say, signal: interrupted };
  const does = (part: Part): boolean => parts.includes(part);
  const figures = {
    throughput: does('throughput') ? await measureThroughput(bench, options) : [],
    fairness: does('fairness') ? await measureFairness(folder, ledger) : [],
    tail: does('tail')
      ? await measureTail({ ...bench, rounds: options.rounds, seconds: TAIL_TIMES * options.seconds })
      : [],
  };
  const results = { ...figures, goals: goalsOf(figures) };
  console.log(json ? JSON.stringify(results, null, 2) : printedGateway(results));
  return results.goals.every(({ isMet }) => isMet);
}

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: '10' },
        seconds: { type: 'string', default: '3' },
        cores: { type: 'string', default: '1,2' },
        parts: { type: 'string', default: PARTS.join(',') },
        json: { type: 'boolean', default: false },
      },
    });
    const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
    const cores = values.cores.split(',').map(Number);
    const parts = values.parts.split(',') as Part[];
    const isPossible =
      [rounds, seconds].every((one) => Number.isInteger(one) && one > 0) &&
      cores.every((one) => one === 1 || one === 2) &&
      parts.every((one) => PARTS.includes(one));
    return isPossible ? { rounds, seconds, cores, parts, json: values.json } : undefined;
  } catch {
    return undefined;
  }
}

const args = process.argv.slice(2);
if (args.includes('--help')) console.log(USAGE);
else await runScript({ options: optionsOf(args), usage: USAGE, signal: interrupted, main });
