import type { Command } from 'commander';
import { MOST_INSTANCES } from '#libs/contracts';
import { collected, examples, type ProgramContext, type Run, sub, wholeNumber } from './command-line.js';
import { canary } from './commands/canary.js';
import { traffic } from './commands/traffic.js';
import { setWeights, type WeightOptions } from './commands/traffic-weights.js';
import { idleOption } from './domain/traffic-options.js';
import { usageError } from './errors.js';
import { addReason, addTokenAndTimeout } from './program.request.js';

const NOTES =
  'Figures are those of the gateway at SLIPWAY_GATEWAY_URL, over the last seconds. LATENCY is what most answers take,\n' +
  'until their heads. WEIGHT is 1 to 256, beside the other instances of the service.\n' +
  'With --weight 0, an instance gets no new requests while another one of its service can serve.\n\n' +
  'With --release, a part of the requests goes to that release, by instances of its own: 1 to 99 percent try it,\n' +
  '0 takes it away, and 100 give it all, as slipway run does.\n' +
  '--instances, --reason, --token and --timeout go with --release alone.';

const EXAMPLES = examples(
  'slipway traffic',
  'slipway traffic shop',
  'slipway traffic shop prices --json',
  'slipway traffic shop prices --weight shop-prices-t1-0=20 --for 10m',
  'slipway traffic shop prices --release shop-prices-1dc56952dadc=10',
  'slipway traffic shop prices --release shop-prices-1dc56952dadc=100 --reason "no errors in an hour"',
);

interface TrafficOptions extends WeightOptions {
  readonly release?: string;
  readonly instances?: number;
  readonly reason?: string;
  readonly token?: string;
  readonly timeout: number;
}

/** `traffic`: how requests are shared out, among instances and releases. */
export function addTraffic(program: Command, run: Run, { interrupted }: ProgramContext): void {
  const description =
    'show how instances do and how requests are shared out, set weights, or try a release on a part of them';
  addOptions(sub(program, 'traffic [app] [service]', description))
    .addHelpText('after', `${EXAMPLES}\n\n${NOTES}`)
    .action(
      (
        ...[appId, service, options, command]: [
          string | undefined,
          string | undefined,
          TrafficOptions,
          Command,
        ]
      ) =>
        run(command, (output) => {
          const idle = idleOption({
            ...options,
            isTimeoutGiven: command.getOptionValueSource('timeout') === 'cli',
          });
          if (idle !== undefined) throw usageError('USAGE', idle.message, { hint: idle.hint });
          const { release, instances, timeout, reason, token, ...weights } = options;
          if (weights.weight !== undefined) return setWeights(weights, output);
          if (release === undefined) return traffic({ appId, service }, output);
          const timeoutMs = timeout * 1000;
          return canary(
            { appId, service, release, instances, reason, token, timeoutMs, interrupted },
            output,
          );
        }),
    );
}

function addOptions(command: Command): Command {
  command
    .option(
      '--weight <instance=weight>',
      'set the weight of an instance at all gateways, 0 to 256; auto ends that; several times for several',
      collected,
    )
    .option('--for <time>', 'how long that holds, such as 10m; until auto when left out')
    .option(
      '--release <id=percent>',
      'give this release so much of the requests (slipway releases lists them)',
    )
    .option(
      '--instances <count>',
      "with --release: run so many instances of it (default: its share of the service's count)",
      wholeNumber('--instances', 1, MOST_INSTANCES),
    );
  return addTokenAndTimeout(addReason(command));
}
