import { join } from 'node:path';
import type { Report } from '../one-machine/set-up.js';
import { type OneMachine, startOneMachine } from '../one-machine/start.js';
import { startPlatform } from '../platform.js';

const LOG_FILE = join('.slipway', 'bench.log');

/** Everything on this machine, the platform too; all of it ends with `stops`. */
export async function platformOnOneMachine(
  stops: AsyncDisposableStack,
  { report, signal }: { readonly report?: Report; readonly signal: AbortSignal },
): Promise<OneMachine> {
  const machine = await startOneMachine({ report });
  stops.defer(() => machine.stop());
  signal.throwIfAborted();
  const platform = await startPlatform({ ...machine, logFile: LOG_FILE, signal });
  stops.defer(() => platform.stop());
  return machine;
}
