import type { Command } from 'commander';
import { collected, examples, type ProgramContext, type Run, sub, wholeNumber } from './command-line.js';
import { deploy } from './commands/deploy.js';
import { buildRequest, sendRequest } from './commands/request.js';
import { serviceWishes, type ServiceOptions } from './commands/service-wishes.js';
import { stop } from './commands/stop.js';

interface RequestOptions extends ServiceOptions {
  readonly app: string;
  readonly name?: string;
  readonly token?: string;
  readonly timeout: number;
  readonly restart?: boolean;
  readonly reason?: string;
}

const DEFAULT_SECONDS = 900;
const LONGEST_SECONDS = 86_400;

/** `--timeout`, in seconds. */
export function addTimeout(command: Command): Command {
  const seconds = wholeNumber('--timeout', 1, LONGEST_SECONDS);
  return command.option(
    '--timeout <seconds>',
    'how long the request may take before it fails',
    seconds,
    DEFAULT_SECONDS,
  );
}

/** `--token` and `--timeout`. */
export function addTokenAndTimeout(command: Command): Command {
  const token = 'your idempotency key: the same token gets the same answer (default: a new one)';
  return addTimeout(command.option('--token <token>', token));
}

/** `--reason`. */
export const addReason = (command: Command): Command =>
  command.option('--reason <text>', 'why, for those who read the history later');

function addRequestOptions(command: Command): Command {
  const named = command.option('--name <name>', 'the name of the application for people (default: its id)');
  return addTokenAndTimeout(addReason(named));
}

/** What says how services come to run. */
export function addRunOptions(command: Command): Command {
  return command
    .option(
      '--depends <service=other>',
      'start a service once others have succeeded: web=db or web=db,cache; repeatable',
      collected,
    )
    .option(
      '--replicas <count>',
      'run so many from now on, whatever config.json declares: 3, or web=3 of several; repeatable',
      collected,
    )
    .option('--restart', 'also replace instances that already run the release');
}

export const RELEASE_HELP =
  'this release instead of the current one, for one service (slipway releases lists them)';

const wishOf = ({ name, token, timeout, restart, reason }: RequestOptions) => ({
  ...{ appName: name, token, restart, reason },
  timeoutMs: timeout * 1000,
});

/** `deploy`: from a folder to what runs. */
export function addDeploy(program: Command, run: Run, { interrupted, confirm }: ProgramContext): void {
  const description = 'upload, build and run all services of a folder, or some of them';
  const command = sub(program, 'deploy <dir> [service...]', description);
  addRunOptions(addRequestOptions(command.requiredOption('--app <id>', 'the application (required)')))
    .addHelpText(
      'after',
      examples(
        'slipway deploy examples/shop --app shop',
        'slipway deploy examples/shop prices site --app shop --name "The shop"',
        'slipway deploy examples/shop --app shop --depends app-server=prices',
        'slipway deploy examples/shop --app shop --replicas prices=3 --reason "the sale begins"',
      ),
    )
    .action((directory: string, services: string[], options: RequestOptions, command: Command) =>
      run(command, (output) => {
        const { app: appId, depends, replicas } = options;
        return deploy(
          { directory, services, appId, depends, replicas, ...wishOf(options), interrupted, confirm },
          output,
        );
      }),
    );
}

const requestCommands = {
  run: 'run services that are built already',
  build: 'build services that were pushed, without running them',
  stop: 'stop every instance of services',
} as const;

const moreExamples: Readonly<Record<keyof typeof requestCommands, readonly string[]>> = {
  run: ['slipway run shop prices --release shop-prices-1dc56952dadc', 'slipway run shop prices --restart'],
  build: [],
  stop: [],
};

/** After the examples. */
const notes: Readonly<Record<keyof typeof requestCommands, string>> = {
  run: '',
  build: '',
  stop: '\n\nA service that was never built nor run is taken for a mistyped name: the exit code is 1, and the reply stays as it came.',
};

/** `run`, `build` and `stop`: one request each, of services that are known by name. */
export function addRequests(program: Command, run: Run, { interrupted }: ProgramContext): void {
  for (const mode of ['build', 'run', 'stop'] as const) {
    const command = addRequestOptions(sub(program, `${mode} <app> <service...>`, requestCommands[mode]));
    if (mode === 'run') addRunOptions(command).option('--release <id>', RELEASE_HELP);
    command
      .addHelpText(
        'after',
        examples(
          `slipway ${mode} shop prices`,
          `slipway ${mode} shop prices site --json`,
          ...moreExamples[mode],
        ) + notes[mode],
      )
      .action((appId: string, names: string[], options: RequestOptions, command: Command) =>
        run(command, async (output) => {
          const services = serviceWishes(names, options);
          const wish = { mode, appId, services, ...wishOf(options) };
          const send = mode === 'stop' ? stop : sendRequest;
          return send(buildRequest(wish), { timeoutMs: wish.timeoutMs, interrupted }, output);
        }),
      );
  }
}
