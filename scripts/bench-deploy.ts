import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Engine } from '#libs/engine';
import { SshPool } from '#libs/ssh';
import { platformOnOneMachine } from './bench/bench-machine.js';
import { Hand } from './bench/by-hand.js';
import { figuresOf, type ScenarioFigures } from './bench/figures.js';
import { Floor } from './bench/floor.js';
import { enginesOf, removeImages } from './bench/node-engine.js';
import { printed, type Results } from './bench/report.js';
import {
  type Bench,
  benchId,
  coldBuild,
  warmBuild,
  warmReplacement,
  warmRun,
  warmUp,
} from './bench/scenarios.js';
import { exampleFiles } from './bench/service.js';
import { SlipwayUser } from './bench/slipway-user.js';
import { type OneMachine, printProgress } from './one-machine/start.js';
import { runScript, untilInterrupted } from './run-script.js';

/** With the most that Slipway's time may be of the time by hand. */
const scenarios = {
  'warm run': { measure: warmRun, goal: 0.7 },
  'warm replacement': { measure: warmReplacement, goal: 0.8 },
  'warm build-and-run': { measure: warmBuild, goal: undefined },
  'cold build-and-run': { measure: coldBuild, goal: 1.0 },
} as const;
type Scenario = keyof typeof scenarios;
const names = Object.keys(scenarios) as Scenario[];

interface Options {
  readonly runs: number;
  readonly json: boolean;
  /** The scenarios to measure. */
  readonly only: readonly Scenario[];
}

const interrupted = untilInterrupted();

/** `npm run bench:deploy [-- --runs N] [--json] [--only 'warm run']`: how long deployments take, by Slipway and by hand. */
async function main(options: Options): Promise<void> {
  await using stops = new AsyncDisposableStack();
  const report = options.json ? () => undefined : printProgress;
  const machine = await platformOnOneMachine(stops, { report, signal: interrupted });
  const bench = await prepare(machine, options, stops);
  await warmUp(bench);
  const results = await measure(bench, options.only, options.json ? () => undefined : console.log);
  console.log(
    options.json ? JSON.stringify({ runs: options.runs, results }, null, 2) : printed(results, options.runs),
  );
}

async function measure(
  bench: Bench,
  only: readonly Scenario[],
  say: (line: string) => void,
): Promise<Results> {
  const results: Record<string, ScenarioFigures> = {};
  for (const name of only) {
    say(`Measuring: ${name} ...`);
    const { measure: measured, goal } = scenarios[name];
    results[name] = figuresOf(await measured(bench), goal);
  }
  return results;
}

async function prepare(machine: OneMachine, { runs }: Options, stops: AsyncDisposableStack): Promise<Bench> {
  const env: Record<string, string | undefined> = { ...process.env, ...machine.env };
  const [node] = machine.nodes;
  if (node === undefined) throw new Error('The bench needs a node of its own set-up.');
  const directory = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  machine.ledger.hold({ kind: 'directory', path: directory });
  stops.defer(() => rm(directory, { recursive: true, force: true }));
  const ssh = new SshPool();
  const engines = await enginesOf(ssh, machine.nodes);
  stops.defer(() => ssh.close());
  const host = new URL(env['REGISTRY_URL'] ?? '').host;
  const login = { username: env['REGISTRY_USERNAME'] ?? '', password: env['REGISTRY_PASSWORD'] ?? '' };
  const builder = env['BUILDER_HOST'] ?? '';
  const id = benchId();
  const hand = await Hand.connect({
    ...{ node, directory, builder, ledger: machine.ledger, registry: { host, ...login } },
  });
  stops.defer(() => hand.close());
  stops.defer(() => removeImages({ ssh, nodes: machine.nodes, builder }, `${host}/${id}-*/*`));
  const user = new SlipwayUser(env, interrupted);
  await user.connect();
  stops.defer(() => user.close());
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
      only: { type: 'string', multiple: true, default: names },
    } as const;
    const { values } = parseArgs({ args: [...args], options });
    const runs = Number(values.runs);
    const only = names.filter((name) => values.only.includes(name));
    const isKnown = only.length === new Set(values.only).size;
    return isKnown && Number.isInteger(runs) && runs > 0 ? { runs, json: values.json, only } : undefined;
  } catch {
    return undefined;
  }
}

const options = optionsOf(process.argv.slice(2));
await runScript({
  options,
  usage: 'Usage: npm run bench:deploy [-- [--runs N] [--json] [--only SCENARIO ...]]',
  signal: interrupted,
  main,
});
