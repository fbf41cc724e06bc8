import type { Command } from 'commander';
import { REVISIONS_SHOWN } from '#libs/contracts';
import { examples, type ProgramContext, type Run, sub, wholeNumber } from './command-line.js';
import { history } from './commands/history.js';
import { instanceLogs } from './commands/instance-logs.js';
import { buildLog } from './commands/logs.js';
import { releases } from './commands/releases.js';
import { spec } from './commands/spec.js';
import { usageError } from './errors.js';

const LINES = 100;
const MOST_LINES = 10_000;

interface LogsOptions {
  readonly follow?: boolean;
  readonly instance?: string;
  readonly tail?: number;
  readonly build?: boolean;
  readonly release?: string;
  readonly token?: string;
}

const CURRENT =
  'CURRENT marks the release that run takes: the one built last, or asked for later by a rollback or --release. ' +
  'DEPLOYED counts how often it served.';

const CHANGES =
  'CHANGE says what was asked for. After `deploy failed` the change was taken back; REASON has the code of the error.\n' +
  'A name with a question mark was claimed by whoever sent the request, and not verified.';

/** `history`, `releases`, `spec` and `logs`: what the deployer remembers. */
export function addRecord(program: Command, run: Run, context: ProgramContext): void {
  sub(program, 'history <token>', 'list every stored step of a request: when, by which replica, how long')
    .addHelpText('after', examples('slipway history order-4711', 'slipway history order-4711 --json'))
    .action((token: string, _options: unknown, command: Command) =>
      run(command, (output) => history(token, output)),
    );
  sub(
    program,
    'releases <app> [service]',
    'list releases, the newest first; those that rollback can run, too',
  )
    .addHelpText(
      'after',
      `${examples('slipway releases shop', 'slipway releases shop prices --json')}\n\n${CURRENT}`,
    )
    .action((appId: string, service: string | undefined, _options: unknown, command: Command) =>
      run(command, (output) => releases({ appId, service }, output)),
    );
  sub(
    program,
    'spec <app> <service>',
    `what is wanted of a service, and its last ${REVISIONS_SHOWN} changes: the newest first`,
  )
    .addHelpText(
      'after',
      `${examples('slipway spec shop prices', 'slipway spec shop prices --json')}\n\n${CHANGES}`,
    )
    .action((appId: string, service: string, _options: unknown, command: Command) =>
      run(command, (output) => spec({ appId, service }, output)),
    );
  addLogs(program, run, context);
}

const addLogs = (program: Command, run: Run, context: ProgramContext): void => {
  sub(
    program,
    'logs <app> <service>',
    'show the output of the instances of a service, or with --build the log of a build',
  )
    .option('-f, --follow', 'go on with new output until Ctrl-C')
    .option('--instance <name>', 'only this instance (default: all of the service)')
    .option(
      '--tail <lines>',
      'how many of the last lines of each instance',
      wholeNumber('--tail', 0, MOST_LINES),
    )
    .option('--build', 'the log of the newest build, or of the one chosen below')
    .option('--release <id>', 'with --build: the build of this release')
    .option('--token <token>', 'with --build: the build of this request')
    .addHelpText(
      'after',
      examples(
        'slipway logs shop prices -f',
        'slipway logs shop prices --instance shop-prices-order-4711-0 --tail 20',
        'slipway logs shop prices --build',
        'slipway logs shop prices --build --release shop-prices-1dc56952dadc',
      ),
    )
    .action((appId: string, service: string, options: LogsOptions, command: Command) =>
      run(command, async (output) => {
        const { build, release, token, follow = false, tail = LINES, instance } = options;
        const wrong = misplaced(options);
        if (wrong !== undefined) throw wrong;
        if (build === true) return buildLog({ appId, service, release, token }, output);
        const { interrupted } = context;
        return instanceLogs({ appId, service, instance, follow, tail, interrupted }, output);
      }),
    );
};

/** What is of builds says nothing of instances, and the other way round. */
function misplaced({ build, ...options }: LogsOptions): Error | undefined {
  const others = build === true ? (['follow', 'instance', 'tail'] as const) : (['release', 'token'] as const);
  const given = others.find((name) => options[name] !== undefined);
  if (given === undefined) return undefined;
  return usageError(
    'USAGE',
    build === true ? `--${given} cannot be used with --build` : `--${given} needs --build`,
    {
      hint: 'With --build, choose by --release or --token. Without it, use --follow, --instance and --tail.',
    },
  );
}
