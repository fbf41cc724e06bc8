import type { Command } from 'commander';
import { examples, type Run, sub } from './command-line.js';
import { history } from './commands/history.js';
import { buildLog } from './commands/logs.js';
import { releases } from './commands/releases.js';
import { usageError } from './errors.js';

interface LogsOptions {
  readonly build?: boolean;
  readonly release?: string;
  readonly token?: string;
}

const CURRENT =
  'CURRENT is what run takes: the release built or asked for last. DEPLOYED counts how often it served.';

/** `history`, `releases` and `logs`: what the deployer remembers. */
export function addRecord(program: Command, run: Run): void {
  sub(program, 'history <token>', 'every stored step of a request: when, by which replica, how long')
    .addHelpText('after', examples('slipway history order-4711', 'slipway history order-4711 --json'))
    .action((token: string, _options: unknown, command: Command) =>
      run(command, (output) => history(token, output)),
    );
  sub(program, 'releases <app> [service]', 'what was built, the newest first; what can be rolled back to')
    .addHelpText(
      'after',
      `${examples('slipway releases shop', 'slipway releases shop prices --json')}\n\n${CURRENT}`,
    )
    .action((appId: string, service: string | undefined, _options: unknown, command: Command) =>
      run(command, (output) => releases({ appId, service }, output)),
    );
  sub(program, 'logs <app> <service>', 'what the newest build said, or that of a release or a request')
    .option('--build', 'the log of the build (required: logs of instances stay with their engines)')
    .option('--release <id>', 'of the build of this release')
    .option('--token <token>', 'of the build of this request')
    .addHelpText(
      'after',
      examples(
        'slipway logs shop prices --build',
        'slipway logs shop prices --build --release shop-prices-1dc56952dadc',
      ),
    )
    .action((appId: string, service: string, { build, ...which }: LogsOptions, command: Command) =>
      run(command, async (output) => {
        if (build === true) return buildLog({ appId, service, ...which }, output);
        throw usageError('USAGE', 'logs shows the logs of builds so far: --build is missing', {
          hint: 'What an instance says is at the engine of its node: docker logs <container>.',
          next: `slipway logs ${appId} ${service} --build`,
        });
      }),
    );
}
