import type { Command } from 'commander';
import { examples, type Run, sub } from './command-line.js';
import { traffic } from './commands/traffic.js';

const NOTES =
  'Figures are those of the gateway at SLIPWAY_GATEWAY_URL, over the last seconds. LATENCY is what most answers take,\n' +
  'until their heads. WEIGHT is 1 to 256, beside the other instances of the service.';

/** `traffic`: how requests are shared out. */
export function addTraffic(program: Command, run: Run): void {
  sub(program, 'traffic [app] [service]', 'show how instances do, and how the gateway shares requests out')
    .addHelpText(
      'after',
      `${examples('slipway traffic', 'slipway traffic shop', 'slipway traffic shop prices --json')}\n\n${NOTES}`,
    )
    .action((appId: string | undefined, service: string | undefined, _options: unknown, command: Command) =>
      run(command, (output) => traffic({ appId, service }, output)),
    );
}
