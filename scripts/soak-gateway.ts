import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { request } from 'undici';
import { randomOf, until } from '#libs/testing';
import { APP, Operations, SERVICE } from './gateway/operations.js';
import { SteadyLoad, unexcused } from './gateway/steady-load.js';
import { printProgress, startOneMachine } from './one-machine/start.js';
import { startPlatform } from './platform.js';
import { runScript, untilInterrupted } from './run-script.js';
import { percentile, printed } from './soak/report.js';

const USAGE = `Usage: npm run test:soak-gateway [-- [--operations N] [--rate N] [--post-every N] [--seed N] [--cpu N] [--json]]

Deploys a service anew, scales it up, kills an instance and scales it down, over and over, on real nodes, while requests
come through the gateway at an even rate.

  --operations N  of all kinds together (100)
  --rate N        requests a second (2000)
  --post-every N  one in so many is a POST (10)
  --seed N        which instances are killed (1)
  --cpu N         processors that an instance may use (1)
  --json          the figures as JSON

Exit code 1: a request failed, other than a POST that was in flight on an instance that was killed.`;

interface Options {
  readonly operations: number;
  readonly rate: number;
  readonly postEvery: number;
  readonly seed: number;
  readonly cpu: number;
  readonly json: boolean;
}

const interrupted = untilInterrupted();
const REPLICAS = 3;
const MORE = 5;
/** Requests come so long before the first operation and after the last one. */
const AROUND_MS = 2_000;
const LOG_FILE = '.slipway/soak-gateway.log';

const KINDS = ['deploy', 'scale up', 'kill', 'scale down'] as const;
type Kind = (typeof KINDS)[number];

/** `npm run test:soak-gateway`: no request is lost while what answers them comes and goes. */
async function main({ json, ...options }: Options): Promise<boolean> {
  const report = json ? () => undefined : printProgress;
  await using stops = new AsyncDisposableStack();
  const machine = await startOneMachine({ report });
  stops.defer(() => machine.stop());
  const platform = await startPlatform({ ...machine, logFile: LOG_FILE, signal: interrupted });
  stops.defer(() => platform.stop());
  const env = { ...machine.env, ...platform.env };
  const operations = new Operations(env, machine.nodes, randomOf(options.seed), options.cpu);
  stops.defer(() => operations.close());
  const { figures, violations } = await soak(
    options,
    operations,
    Number(new URL(String(env['SLIPWAY_TRAFFIC_URL'])).port),
  );
  console.log(json ? JSON.stringify({ figures, violations }, null, 2) : printed(figures, violations));
  return Object.values(violations).every((cases) => cases.length === 0);
}

async function soak(options: Omit<Options, 'json'>, operations: Operations, port: number) {
  const host = `${SERVICE}.${APP}.localhost`;
  await operations.deploy(REPLICAS);
  await until('the service to be carried', () => isCarried(port, host), { timeoutMs: 30_000 });
  const loadBegun = performance.now();
  const load = new SteadyLoad({ port, host, perSecond: options.rate, postEvery: options.postEvery });
  const kills: { readonly begunMs: number; readonly doneMs: number }[] = [];
  const failed: string[] = [];
  const seconds: Record<Kind, number[]> = { deploy: [], 'scale up': [], kill: [], 'scale down': [] };
  await delay(AROUND_MS);
  const begun = performance.now();
  for (let number = 0; number < options.operations; number += 1) {
    interrupted.throwIfAborted();
    const kind = KINDS[number % KINDS.length] as Kind;
    const begunMs = performance.now();
    await doOne(kind, operations).catch((error: unknown) => failed.push(`${kind}: ${String(error)}`));
    const doneMs = performance.now();
    if (kind === 'kill') kills.push({ begunMs, doneMs });
    seconds[kind].push((doneMs - begunMs) / 1_000);
  }
  const tookS = (performance.now() - begun) / 1_000;
  await delay(AROUND_MS);
  await load.stop();
  const loadedS = (performance.now() - loadBegun) / 1_000;
  const wrong = unexcused(load.failures, kills);
  return {
    figures: {
      ...{ operations: options.operations, seconds: Math.round(tookS) },
      requests: load.sent,
      'requests a second': Math.round(load.sent / (tookS + (2 * AROUND_MS) / 1_000)),
      // Fewer where the machine cannot carry so many.
      'answers a second': Math.round(load.sent / loadedS),
      'POSTs that were in flight on a killed instance': load.failures.length - wrong.length,
      // From when a request was due: what waits in the client because the machine is busy counts, too.
      'p50, ms': rounded(percentile(load.latenciesMs, 0.5)),
      'p99, ms': rounded(percentile(load.latenciesMs, 0.99)),
      'slowest, ms': rounded(percentile(load.latenciesMs, 1)),
      ...Object.fromEntries(
        KINDS.map((kind) => [`${kind}, median s`, rounded(percentile(seconds[kind], 0.5))]),
      ),
    },
    violations: {
      'no request failed that may not': wrong.map(
        ({ method, why, sentMs, endedMs }) =>
          `${method} ${((sentMs - begun) / 1_000).toFixed(2)} s, ${(endedMs - sentMs).toFixed(0)} ms: ${why}`,
      ),
      'every operation succeeded': failed,
    },
  };
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

async function doOne(kind: Kind, operations: Operations): Promise<void> {
  switch (kind) {
    case 'deploy':
      return operations.deploy(REPLICAS);
    case 'scale up':
      return operations.scale(MORE);
    case 'kill':
      if (!(await operations.kill())) throw new Error('no instance runs');
      return;
    case 'scale down':
      return operations.scale(REPLICAS);
  }
}

const isCarried = (port: number, host: string): Promise<boolean> =>
  request(`http://127.0.0.1:${port}/`, { headers: { host } }).then(
    async ({ statusCode, body }) => {
      await body.dump();
      return statusCode === 200;
    },
    () => false,
  );

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...{ operations: { ...text, default: '100' }, rate: { ...text, default: '2000' } },
        ...{ 'post-every': { ...text, default: '10' }, seed: { ...text, default: '1' } },
        cpu: { ...text, default: '1' },
        json: { type: 'boolean', default: false },
      },
    });
    const { json, 'post-every': postEvery, ...others } = values;
    const numbers = {
      ...{ operations: Number(others.operations), rate: Number(others.rate) },
      ...{ postEvery: Number(postEvery), seed: Number(others.seed) },
    };
    const cpu = Number(others.cpu);
    const isPossible = cpu > 0 && Object.values(numbers).every((one) => Number.isInteger(one) && one > 0);
    return isPossible ? { ...numbers, cpu, json } : undefined;
  } catch {
    return undefined;
  }
}

const args = process.argv.slice(2);
if (args.includes('--help')) console.log(USAGE);
else await runScript({ options: optionsOf(args), usage: USAGE, signal: interrupted, main });
