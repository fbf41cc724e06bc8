import type { Command } from 'commander';
import { examples, type ProgramContext, type Run, sub, wholeNumber } from './command-line.js';
import { deploy } from './commands/deploy.js';
import { buildRequest, sendRequest } from './commands/request.js';

interface RequestOptions {
  readonly app: string;
  readonly name?: string;
  readonly token?: string;
  readonly timeout: number;
}

const DEFAULT_SECONDS = 900;
const LONGEST_SECONDS = 86_400;

function addRequestOptions(command: Command): Command {
  const seconds = wholeNumber('--timeout', 1, LONGEST_SECONDS);
  return command
    .option('--name <name>', 'the application as people call it (default: its id)')
    .option(
      '--token <token>',
      'your idempotency key: the same token gets the same answer (default: a new one)',
    )
    .option('--timeout <seconds>', 'when the request fails if it is not done', seconds, DEFAULT_SECONDS);
}

const wishOf = ({ name, token, timeout }: RequestOptions) => ({
  appName: name,
  token,
  timeoutMs: timeout * 1000,
});

/** `deploy`: from a folder to what runs. */
export function addDeploy(program: Command, run: Run, { interrupted }: ProgramContext): void {
  const description = 'upload, build and run services: those of a folder, or some of them';
  const command = sub(program, 'deploy <dir> [service...]', description);
  addRequestOptions(command.requiredOption('--app <id>', 'the application (required)'))
    .addHelpText(
      'after',
      examples(
        'slipway deploy examples/shop --app shop',
        'slipway deploy examples/shop prices site --app shop --name "The shop"',
      ),
    )
    .action((directory: string, services: string[], options: RequestOptions, command: Command) =>
      run(command, (output) =>
        deploy({ directory, services, appId: options.app, ...wishOf(options), interrupted }, output),
      ),
    );
}

const requestCommands = {
  run: 'run services that are built already',
  build: 'build services that were pushed, without running them',
  stop: 'stop every instance of services',
} as const;

/** `run`, `build` and `stop`: one request each, of services that are known by name. */
export function addRequests(program: Command, run: Run, { interrupted }: ProgramContext): void {
  for (const mode of ['build', 'run', 'stop'] as const) {
    addRequestOptions(sub(program, `${mode} <app> <service...>`, requestCommands[mode]))
      .addHelpText(
        'after',
        examples(`slipway ${mode} shop prices`, `slipway ${mode} shop prices site --json`),
      )
      .action((appId: string, services: string[], options: RequestOptions, command: Command) =>
        run(command, async (output) => {
          const wish = { mode, appId, services, ...wishOf(options) };
          return sendRequest(buildRequest(wish), { timeoutMs: wish.timeoutMs, interrupted }, output);
        }),
      );
  }
}
