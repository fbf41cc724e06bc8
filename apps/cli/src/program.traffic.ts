import type { Command } from 'commander';
import { collected, examples, type Run, sub } from './command-line.js';
import { traffic } from './commands/traffic.js';
import { setWeights, type WeightOptions } from './commands/traffic-weights.js';

const NOTES =
  'Figures are those of the gateway at SLIPWAY_GATEWAY_URL, over the last seconds. LATENCY is what most answers take,\n' +
  'until their heads. WEIGHT is 1 to 256, beside the other instances of the service.\n' +
  'With --weight 0, an instance gets no new requests while another one of its service can serve.';

const EXAMPLES = examples(
  'slipway traffic',
  'slipway traffic shop',
  'slipway traffic shop prices --json',
  'slipway traffic shop prices --weight shop-prices-t1-0=20 --for 10m',
);

/** `traffic`: how requests are shared out. */
export function addTraffic(program: Command, run: Run): void {
  sub(program, 'traffic [app] [service]', 'show how instances do, and how the gateway shares requests out')
    .option(
      '--weight <instance=weight>',
      'set the weight of an instance at all gateways, 0 to 256; auto ends that; several times for several',
      collected,
    )
    .option('--for <time>', 'how long that holds, such as 10m; until auto when left out')
    .addHelpText('after', `${EXAMPLES}\n\n${NOTES}`)
    .action(
      (appId: string | undefined, service: string | undefined, options: WeightOptions, command: Command) =>
        run(command, (output) =>
          options.weight === undefined ? traffic({ appId, service }, output) : setWeights(options, output),
        ),
    );
}
