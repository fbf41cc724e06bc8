import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connectEngine, type Engine } from '#libs/engine';
import { SshPool } from '#libs/ssh';
import { Hand } from './bench/by-hand.js';
import { figuresOf } from './bench/figures.js';
import { Floor } from './bench/floor.js';
import { removeImages, targetOf } from './bench/node-engine.js';
import { printed, type Results } from './bench/report.js';
import { type Bench, benchId, coldBuild, warmBuild, warmReplacement, warmRun } from './bench/scenarios.js';
import { exampleFiles } from './bench/service.js';
import { SlipwayUser } from './bench/slipway-user.js';
import { type OneMachine, printProgress, startOneMachine } from './one-machine/start.js';
import { startPlatform } from './platform.js';
import { runScript, untilInterrupted } from './run-script.js';

const LOG_FILE = join('.slipway', 'bench.log');
/** The most that Slipway's time may be of the time by hand. */
const GOALS = { warmRun: 0.8, cold: 1.1 };

interface Options {
  readonly runs: number;
  readonly json: boolean;
}

type Stops = (() => Promise<unknown>)[];

const interrupted = untilInterrupted();

/** `npm run bench:deploy [-- --runs N] [--json]`: how long deployments take, by Slipway and by hand. */
async function main(options: Options): Promise<void> {
  const machine = await startOneMachine({ report: options.json ? () => undefined : printProgress });
  const stops: Stops = [() => machine.stop()];
  try {
    const signal = interrupted;
    signal.throwIfAborted();
    const platform = await startPlatform({ ...machine, logFile: LOG_FILE, signal });
    stops.unshift(() => platform.stop());
    const bench = await prepare(machine, options, stops);
    const results = await measure(bench, options.json ? () => undefined : console.log);
    console.log(
      options.json
        ? JSON.stringify({ runs: options.runs, results }, null, 2)
        : printed(results, options.runs),
    );
  } finally {
    for (const stop of stops) await stop().catch((error: unknown) => console.error(error));
  }
}

async function measure(bench: Bench, say: (line: string) => void): Promise<Results> {
  say('Measuring: warm run ...');
  const run = figuresOf(await warmRun(bench), GOALS.warmRun);
  say('Measuring: warm replacement ...');
  const replacement = figuresOf(await warmReplacement(bench), GOALS.warmRun);
  say('Measuring: warm build-and-run ...');
  const build = figuresOf(await warmBuild(bench));
  say('Measuring: cold build-and-run ...');
  const cold = figuresOf(await coldBuild(bench), GOALS.cold);
  return {
    'warm run': run,
    'warm replacement': replacement,
    'warm build-and-run': build,
    'cold build-and-run': cold,
  };
}

async function prepare(machine: OneMachine, { runs }: Options, stops: Stops): Promise<Bench> {
  const env: Record<string, string | undefined> = { ...process.env, ...machine.env };
  const [node] = machine.nodes;
  if (node === undefined) throw new Error('The bench needs a node of its own set-up.');
  const directory = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  machine.ledger.hold({ kind: 'directory', path: directory });
  stops.unshift(() => rm(directory, { recursive: true, force: true }));
  const ssh = new SshPool();
  const engines = new Map<string, Engine>();
  for (const entry of machine.nodes)
    engines.set(entry.name, connectEngine({ ssh, target: await targetOf(entry) }));
  stops.unshift(() => ssh.close());
  const host = new URL(env['REGISTRY_URL'] ?? '').host;
  const login = { username: env['REGISTRY_USERNAME'] ?? '', password: env['REGISTRY_PASSWORD'] ?? '' };
  const builder = env['BUILDER_HOST'] ?? '';
  const id = benchId();
  const hand = await Hand.connect({
    ...{ node, directory, builder, ledger: machine.ledger, registry: { host, ...login } },
  });
  stops.unshift(() => hand.close());
  stops.unshift(() => removeImages({ ssh, nodes: machine.nodes, builder }, `${host}/${id}-*/*`));
  const user = new SlipwayUser(env, interrupted);
  await user.connect();
  stops.unshift(() => user.close());
  const engine = engines.get(node.name) as Engine;
  return {
    ...{ user, hand, floor: new Floor(engine, node), engines, directory, runs, id },
    auth: { ...login, serveraddress: host },
    baseImages: env['BASE_IMAGES'] ?? '',
    files: await exampleFiles(),
    signal: interrupted,
  };
}

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    const options = {
      runs: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    } as const;
    const { values } = parseArgs({ args: [...args], options });
    const runs = Number(values.runs);
    return Number.isInteger(runs) && runs > 0 ? { runs, json: values.json } : undefined;
  } catch {
    return undefined;
  }
}

const options = optionsOf(process.argv.slice(2));
await runScript({
  options,
  usage: 'Usage: npm run bench:deploy [-- [--runs N] [--json]]',
  signal: interrupted,
  main,
});
