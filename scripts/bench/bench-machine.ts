import { join } from 'node:path';
import type { Report } from '../one-machine/set-up.js';
import { type OneMachine, startOneMachine } from '../one-machine/start.js';
import { type Platform, startPlatform } from '../platform.js';

const LOG_FILE = join('.slipway', 'bench.log');

interface Starting {
  readonly report?: Report;
  readonly signal: AbortSignal;
}

/** Everything on this machine, the platform too; all of it ends with `stops`. */
export async function platformOnOneMachine(
  stops: AsyncDisposableStack,
  starting: Starting,
): Promise<OneMachine> {
  return (await machineAndPlatform(stops, starting)).machine;
}

/** The same, with how the platform's apps and its gateway are reached. */
export async function machineAndPlatform(
  stops: AsyncDisposableStack,
  { report, signal }: Starting,
): Promise<{ readonly machine: OneMachine; readonly platform: Platform }> {
  const machine = await startOneMachine({ report });
  stops.defer(() => machine.stop());
  signal.throwIfAborted();
  const platform = await startPlatform({ ...machine, logFile: LOG_FILE, signal });
  stops.defer(() => platform.stop());
  return { machine, platform };
}
