import { Command, Option } from 'commander';
import { deploy } from './commands/deploy.js';
import { events } from './commands/events.js';
import { addNode, listNodes } from './commands/node.js';
import { push } from './commands/push.js';
import { sendRequest } from './commands/request.js';
import { status } from './commands/status.js';
import { usageError, type ExitCode } from './errors.js';
import type { Output } from './output.js';

/** What the program needs from the process it runs in. */
export interface ProgramContext {
  readonly outputFor: (json: boolean) => Output;
  readonly finish: (code: ExitCode) => void;
  /** Resolves at Ctrl-C. */
  readonly interrupted: () => Promise<void>;
  readonly standardInput: () => Promise<string>;
}

type Action = (output: Output) => Promise<ExitCode>;

/** Builds the whole command tree; running it is the caller's. */
export function buildProgram(context: ProgramContext): Command {
  const program = new Command('slipway')
    .description('Builds your services from source and runs them on the best of your own machines.')
    .option('--json', 'print JSON on standard output, for programs')
    .addHelpText(
      'after',
      examples('slipway deploy examples/shop --app shop', 'slipway status shop', 'slipway --json node ls'),
    )
    .exitOverride()
    .showHelpAfterError('(slipway --help lists every command)');
  const run = async (command: Command, action: Action): Promise<void> => {
    const output = context.outputFor(command.optsWithGlobals<{ json?: boolean }>().json === true);
    context.finish(await action(output).catch((error: unknown) => output.failed(error)));
  };
  for (const add of [addPush, addDeploy, addRequests, addStatus, addNodes, addEvents])
    add(program, run, context);
  return program;
}

type Adder = (
  program: Command,
  run: (command: Command, action: Action) => Promise<void>,
  context: ProgramContext,
) => void;

const addPush: Adder = (program, run) => {
  sub(program, 'push <path>', 'upload the source of one service, a folder or a zip, without deploying it')
    .requiredOption('--app <id>', 'the application')
    .requiredOption('--service <name>', 'the service')
    .addHelpText(
      'after',
      examples(
        'slipway push ./prices --app shop --service prices',
        'slipway push prices.zip --app shop --service prices',
      ),
    )
    .action((path: string, options: { app: string; service: string }, command: Command) =>
      run(command, (output) => push({ path, appId: options.app, service: options.service }, output)),
    );
};

interface RequestOptions {
  readonly app: string;
  readonly name?: string;
  readonly token?: string;
  readonly timeout: number;
}

const addDeploy: Adder = (program, run) => {
  withRequestOptions(
    sub(program, 'deploy <dir> [service...]', 'upload, build and run the services of a folder'),
  )
    .requiredOption('--app <id>', 'the application')
    .addHelpText(
      'after',
      examples(
        'slipway deploy examples/shop --app shop',
        'slipway deploy examples/shop --app shop --name "The shop" prices site',
      ),
    )
    .action((directory: string, services: string[], options: RequestOptions, command: Command) =>
      run(command, (output) =>
        deploy({ directory, services, appId: options.app, ...requestPart(options) }, output),
      ),
    );
};

const requestCommands = {
  run: 'run releases that are built already',
  build: 'build what was pushed, without running it',
  stop: 'stop every instance of the services',
} as const;

const addRequests: Adder = (program, run) => {
  for (const mode of ['run', 'build', 'stop'] as const) {
    withRequestOptions(sub(program, `${mode} <app> <service...>`, requestCommands[mode]))
      .addHelpText(
        'after',
        examples(`slipway ${mode} shop prices`, `slipway --json ${mode} shop app-server prices`),
      )
      .action((appId: string, services: string[], options: RequestOptions, command: Command) =>
        run(command, (output) => sendRequest({ mode, appId, services, ...requestPart(options) }, output)),
      );
  }
};

const addStatus: Adder = (program, run) => {
  sub(program, 'status [app]', 'what runs where')
    .addHelpText('after', examples('slipway status', 'slipway status shop', 'slipway --json status shop'))
    .action((appId: string | undefined, _options: unknown, command: Command) =>
      run(command, (output) => status(appId, output)),
    );
};

const addNodes: Adder = (program, run, context) => {
  const node = sub(program, 'node', 'the machines that services run on');
  sub(node, 'add <name>', 'enrol a machine; its host key is pinned')
    .requiredOption('--address <host>', 'where it is reached')
    .option('--ssh-port <port>', 'where its sshd listens', port, 22)
    .option('--ssh-user <user>', 'who may use its Docker engine', 'root')
    .option('--fingerprint <SHA256:...>', 'its host key; asked from the machine when left out')
    .addOption(new Option('--key-file <path>', 'private key to log in with').conflicts('passwordStdin'))
    .option('--password-stdin', 'read the password to log in with from standard input')
    .addHelpText(
      'after',
      examples(
        'slipway node add node-1 --address 10.80.0.11 --key-file ~/.ssh/id_ed25519',
        'slipway node add node-2 --address 10.80.0.12 --ssh-user deploy --password-stdin < password.txt',
      ),
    )
    .action((name: string, options: NodeAddOptions, command: Command) =>
      run(command, (output) => addNode({ name, ...options, standardInput: context.standardInput }, output)),
    );
  sub(node, 'ls', 'list them with state, capacity and score')
    .addHelpText('after', examples('slipway node ls', 'slipway --json node ls'))
    .action((_options: unknown, command: Command) => run(command, (output) => listNodes(output)));
};

interface NodeAddOptions {
  readonly address: string;
  readonly sshPort: number;
  readonly sshUser: string;
  readonly fingerprint?: string;
  readonly keyFile?: string;
  readonly passwordStdin?: boolean;
}

const addEvents: Adder = (program, run, context) => {
  sub(program, 'events', 'the steps of requests: those still kept, or with -f those to come')
    .option('-f, --follow', 'from now on, until Ctrl-C')
    .option('--token <token>', 'only those of one request')
    .option('--app <id>', 'only those of one application')
    .addHelpText(
      'after',
      examples(
        'slipway events -f',
        'slipway events --token order-4711',
        'slipway --json events -f --app shop',
      ),
    )
    .action((options: { follow?: boolean; token?: string; app?: string }, command: Command) =>
      run(command, (output) =>
        events(
          {
            follow: options.follow === true,
            token: options.token,
            appId: options.app,
            interrupted: context.interrupted,
          },
          output,
        ),
      ),
    );
};

/** Flags may stand before or after the command; each level knows `--json`. */
function sub(parent: Command, usage: string, description: string): Command {
  return parent
    .command(usage)
    .description(description)
    .option('--json', 'print JSON on standard output, for programs');
}

function withRequestOptions(command: Command): Command {
  return command
    .option('--name <name>', 'the application as people call it')
    .option('--token <token>', 'your idempotency key: the same token gets the same answer')
    .option(
      '--timeout <seconds>',
      'how long to wait; also the deadline of the request',
      positiveSeconds,
      900,
    );
}

const requestPart = ({ name, token, timeout }: RequestOptions) => ({
  appName: name,
  token,
  timeoutMs: timeout * 1000,
});

function positiveSeconds(text: string): number {
  return wholeNumber(text, '--timeout', 1, 86_400);
}

function port(text: string): number {
  return wholeNumber(text, '--ssh-port', 1, 65_535);
}

function wholeNumber(text: string, option: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw usageError('USAGE', `${option} must be a whole number from ${min} to ${max}, not "${text}"`, {
    hint: 'See slipway --help.',
  });
}

const examples = (...lines: string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
