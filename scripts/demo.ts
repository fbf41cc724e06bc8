import { join, resolve } from 'node:path';
import { commandVariables } from './demo/command-variables.js';
import { runFailover } from './demo/failover.js';
import { runLoad } from './demo/load.js';
import { runMainJob } from './demo/main-job.js';
import { nextSteps } from './demo/next-steps.js';
import { envFileOwner, envFilePath, removeEnvFile, writeEnvFile } from './one-machine/env-file.js';
import { startOneMachine } from './one-machine/start.js';
import { type Platform, platformError, startPlatform } from './platform.js';
import { untilInterrupted } from './run-script.js';

const LOG_FILE = join('.slipway', 'platform.log');

/**
 * `npm run demo [-- --once | --failover | --load]`: the whole of Slipway on this machine and the example application
 * deployed to it; with `--failover` by two deployers, of which one is killed in the middle; with `--load` under a load that
 * rises and falls, shown in the terminal.
 */
async function main(args: readonly string[]): Promise<number> {
  const signal = interrupted;
  const begun = performance.now();
  const other = envFileOwner();
  if (other !== undefined)
    throw new Error(
      `A demo is up in this folder (process ${other}). End it with Ctrl-C, or use another clone.`,
    );
  const machine = await startOneMachine();
  const stops: (() => Promise<void>)[] = [() => machine.stop()];
  try {
    if (signal.aborted) return INTERRUPTED;
    if (args.includes('--failover')) {
      await runFailover(machine, signal);
      return 0;
    }
    const before = performance.now();
    const platform = await startPlatform({ ...machine, logFile: LOG_FILE, signal });
    stops.unshift(() => platform.stop());
    console.log(`Platform: ready in ${seconds(before)}, with ${machine.nodes.length} nodes`);
    const env = { ...commandVariables(process.env), ...machine.env, ...platform.env };
    machine.ledger.hold({ kind: 'directory', path: resolve(envFilePath()) });
    const file = writeEnvFile(env);
    stops.unshift(() => Promise.resolve(removeEnvFile()));
    await whileItRuns(platform, signal, async (running) => {
      await runMainJob({ env, ledger: machine.ledger, signal: running });
      console.log(`\nDone, ${seconds(begun)} after the start.`);
      if (args.includes('--once')) return;
      if (args.includes('--load')) return runLoad({ env, signal: running });
      const of = (variable: string): string => String(env[variable]);
      const steps = nextSteps({
        ...{ envFile: file, logFile: LOG_FILE, trafficUrl: of('SLIPWAY_TRAFFIC_URL') },
        ...{ tlsUrl: of('SLIPWAY_TRAFFIC_TLS_URL'), caFile: of('SLIPWAY_TRAFFIC_CA_FILE') },
      });
      console.log(steps.join('\n'));
      await aborted(running);
    });
    return 0;
  } catch (error) {
    if (signal.aborted) return INTERRUPTED;
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    console.log('Ending all that was started ...');
    for (const stop of stops) await stop();
    console.log('All that was started has ended.');
  }
}

/** As shells say of a command that Ctrl-C ended. */
const INTERRUPTED = 130;

const interrupted = untilInterrupted();

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Runs the work with a signal that also aborts when the platform ends by itself; then throws why it ended. */
async function whileItRuns(
  platform: Platform,
  signal: AbortSignal,
  work: (running: AbortSignal) => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  void platform.ended.then((how) => over.abort(how));
  try {
    await work(AbortSignal.any([signal, over.signal]));
  } catch (error) {
    if (!over.signal.aborted) throw error;
  }
  if (over.signal.aborted && !signal.aborted)
    throw platformError(`ended by itself (${String(over.signal.reason)})`, LOG_FILE);
}

function aborted(signal: AbortSignal): Promise<void> {
  // An interval keeps this process alive: a signal's handler alone does not.
  const alive = setInterval(() => undefined, 60_000);
  return new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  }).finally(() => clearInterval(alive));
}

const KNOWN = ['--once', '--failover', '--load'];
const unknown = process.argv.slice(2).filter((argument) => !KNOWN.includes(argument));
if (unknown.length > 0) {
  console.error(
    `demo: ${unknown.join(' ')} is not known. Usage: npm run demo [-- --once | --failover | --load]`,
  );
  process.exitCode = 2;
} else {
  process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  });
}
