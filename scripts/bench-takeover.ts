import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyService } from './bench/fleet.js';
import { SlipwayUser } from './bench/slipway-user.js';
import { Killer, printedTakeOvers, type TakeOver } from './bench/takeover.js';
import { type OneMachine, printProgress, startOneMachine } from './one-machine/start.js';
import { countsOf, runScript, untilInterrupted } from './run-script.js';
import { Fleet } from './soak/fleet.js';

const APP = 'takeover';
const GOAL_MS = 3_000;
/** Steps are told up to 0.25 s after they are stored: what is drained for longer is not gone by then. */
const DRAIN_MS = 1_000;
/** A kill that comes when the deployment is done is none; more of these than kills, and something is wrong. */
const TRIES_PER_KILL = 2;

interface Options {
  readonly kills: number;
  readonly replicas: number;
}

const interrupted = untilInterrupted();

/** `npm run bench:takeover [-- --kills N] [--replicas N]`: how soon another replica goes on where one was killed. */
async function main(options: Options): Promise<void> {
  await using stops = new AsyncDisposableStack();
  const machine = await startOneMachine({ report: printProgress });
  stops.defer(() => machine.stop());
  console.log(printedTakeOvers(await measure(machine, options, stops), GOAL_MS));
}

async function measure(
  { env, nodes, ledger }: OneMachine,
  { kills, replicas }: Options,
  stops: AsyncDisposableStack,
): Promise<readonly TakeOver[]> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-takeover-'));
  ledger.hold({ kind: 'directory', path: directory });
  stops.defer(() => rm(directory, { recursive: true, force: true }));
  interrupted.throwIfAborted();
  const own = { ...env, DEPLOYER_WORK_DIRECTORY: directory };
  const fleet = await Fleet.start({ env: own, nodes, ledger, replicas, seed: 1 });
  stops.defer(() => fleet.stop());
  const killer = new Killer(fleet);
  const user = new SlipwayUser({ ...process.env, ...env }, interrupted, (step) => killer.see(step));
  await user.connect();
  stops.defer(() => user.close());
  await user.push(APP, tinyService({ drainMs: DRAIN_MS }));
  await user.ask('build-and-run', APP);
  for (let tries = 0; killer.takeOvers.length < kills; tries += 1) {
    if (tries > kills * TRIES_PER_KILL)
      throw new Error('Too many deployments ended before their replica did.');
    interrupted.throwIfAborted();
    killer.arm();
    await user.ask('run', APP, { restart: true });
    await killer.recovered();
  }
  return killer.takeOvers;
}

function optionsOf(args: readonly string[]): Options | undefined {
  const counts = countsOf(args, { kills: 50, replicas: 2 });
  return counts !== undefined && counts.kills > 0 && counts.replicas > 1 ? counts : undefined;
}

await runScript({
  options: optionsOf(process.argv.slice(2)),
  usage: 'Usage: npm run bench:takeover [-- [--kills N] [--replicas N], at least 2]',
  signal: interrupted,
  main,
});
