import { Command, CommanderError, Option } from 'commander';
import { packageVersion } from './adapters/package-version.js';
import {
  asUsageError,
  examples,
  helpOf,
  JSON_HELP,
  type ProgramContext,
  type Run,
  sub,
} from './command-line.js';
import { events } from './commands/events.js';
import { push } from './commands/push.js';
import { status } from './commands/status.js';
import { CliError, exitCodes, type ExitCode, usageError } from './errors.js';
import { addCertificates } from './program.certificates.js';
import { addInit } from './program.init.js';
import { addKeys } from './program.keys.js';
import { addCancel, addPlan, addRollback, addScale } from './program.modes.js';
import { addNodes } from './program.node.js';
import { addPlacement } from './program.placement.js';
import { addRebalance } from './program.rebalance.js';
import { addRecord } from './program.record.js';
import { addDeploy, addRequests } from './program.request.js';
import { addRoutes } from './program.routes.js';
import { addLimits } from './program.limits.js';
import { addScaling } from './program.scaling.js';
import { addSecrets } from './program.secret.js';
import { addTop } from './program.top.js';
import { addTraffic } from './program.traffic.js';

/** Parses the words, runs the command they name and tells every error, as JSON where that was asked for. */
export async function runProgram(words: readonly string[], context: ProgramContext): Promise<void> {
  const program = buildProgram(context);
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    const json = words.includes('--json');
    const isHelp = error instanceof CommanderError;
    if (isHelp && error.exitCode === 0) return context.finish(exitCodes.ok);
    // The help that is shown for a missing command is for people alone.
    if (isHelp && !json) return context.finish(exitCodes.usage);
    const named = words.filter((word) => !word.startsWith('-'));
    const said = withHelp(isHelp ? noCommand() : error, helpOf(commandNamed(program, named)));
    context.finish(ofErrors(named[0] === 'plan', context.outputFor(json).failed(said)));
  }
}

const noCommand = (): Error =>
  usageError('USAGE', 'no command is named', { hint: 'The help lists the commands, with examples.' });

/** The command that the words lead to, as far as they do. */
function commandNamed(command: Command, [word, ...rest]: readonly string[]): Command {
  const next = command.commands.find((sub) => sub.name() === word);
  return next === undefined ? command : commandNamed(next, rest);
}

/** `plan` says 2 when there are changes, so that its wrong arguments are told like all its errors. */
const ofErrors = (isPlan: boolean, code: ExitCode): ExitCode =>
  isPlan && code === exitCodes.usage ? exitCodes.failed : code;

/** Builds the whole command tree; running it is the caller's. */
export function buildProgram(context: ProgramContext): Command {
  const program = new Command('slipway')
    .description('Builds your services from source and runs them on the best of your own machines.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .option('--json', JSON_HELP)
    // Behind the name of a command, its own options count: `plan` and `plan place` both have --app.
    .enablePositionalOptions()
    .addHelpText('after', `${examples(...FIRST_STEPS)}\n\n${EXIT_CODES}`)
    .configureOutput({ outputError: () => undefined })
    .exitOverride((error) => {
      throw asUsageError(error, 'slipway --help');
    });
  const run: Run = async (command, action) => {
    const output = context.outputFor(command.optsWithGlobals<{ json?: boolean }>().json === true);
    const failed = (error: unknown): ExitCode =>
      ofErrors(isPlan(command), output.failed(withHelp(error, helpOf(command))));
    context.finish(await doing(() => action(output)).catch(failed));
  };
  for (const add of adders) add(program, run, context);
  return program;
}

/** Also what is below it. */
const isPlan = (command: Command): boolean =>
  command.name() === 'plan' || (command.parent !== null && isPlan(command.parent));

const FIRST_STEPS = ['slipway deploy examples/shop --app shop', 'slipway status shop', 'slipway node ls'];
const EXIT_CODES =
  'Exit codes: 0 done, 1 failed, 2 wrong arguments or configuration, 130 interrupted.\n' +
  'Of plan: 0 nothing to do, 1 any error, 2 there are changes.';

/** Wrong arguments that lead nowhere else lead to the help. */
const withHelp = (error: unknown, help: string): unknown =>
  error instanceof CliError && error.code === 'USAGE' && error.next === undefined
    ? usageError(error.code, error.message, { ...error, next: help })
    : error;

/** What throws at once is told like what is rejected. */
const doing = async <T>(work: () => Promise<T>): Promise<T> => work();

type Adder = (program: Command, run: Run, context: ProgramContext) => void;

const addPush: Adder = (program, run) => {
  sub(program, 'push <path>', 'upload the source of one service, a folder or a zip, without deploying it')
    .requiredOption('--app <id>', 'the application (required)')
    .option('--service <name>', 'the service (default: the name of the folder or the zip)')
    .addHelpText(
      'after',
      examples(
        'slipway push examples/shop/prices --app shop',
        'slipway push build/output.zip --app shop --service prices',
      ),
    )
    .action((path: string, options: { app: string; service?: string }, command: Command) =>
      run(command, (output) => push({ path, appId: options.app, service: options.service }, output)),
    );
};

const addStatus: Adder = (program, run, context) => {
  sub(program, 'status [app] [service]', 'show what runs where')
    .option('--all', 'also show what was stopped or has failed')
    .option('-w, --watch', 'go on until Ctrl-C, and print each change')
    .addOption(
      new Option('--history', 'show what happened to the instances instead, the newest first').conflicts(
        'watch',
      ),
    )
    .addHelpText(
      'after',
      examples(
        'slipway status',
        'slipway status shop --all',
        'slipway status shop prices',
        'slipway status shop prices --watch --json',
        'slipway status shop prices --history',
      ),
    )
    .action(
      (appId: string | undefined, service: string | undefined, options: StatusFlags, command: Command) => {
        const { all = false, watch = false, history = false } = options;
        const { interrupted } = context;
        return run(command, (output) => status({ appId, service, all, watch, history, interrupted }, output));
      },
    );
};

interface StatusFlags {
  readonly all?: boolean;
  readonly watch?: boolean;
  readonly history?: boolean;
}

const addEvents: Adder = (program, run, context) => {
  sub(program, 'events', 'show the steps of requests: those that Kafka still keeps, or with -f those to come')
    .option(
      '-f, --follow',
      'go on until Ctrl-C, from now on; with --token from the first step of the request',
    )
    .option('--token <token>', 'only those of one request')
    .option('--app <id>', 'only those of one application')
    .addHelpText(
      'after',
      examples(
        'slipway events -f',
        'slipway events --token order-4711',
        'slipway events -f --app shop --json',
      ),
    )
    .action((options: { follow?: boolean; token?: string; app?: string }, command: Command) => {
      const { follow = false, token, app: appId } = options;
      return run(command, (output) =>
        events({ follow, token, appId, interrupted: context.interrupted }, output),
      );
    });
};

/** In the order of the help. */
const adders: readonly Adder[] = [
  ...[addInit, addDeploy, addPlan, addPush, addRequests, addRollback, addScale, addCancel],
  ...[
    addStatus,
    addTop,
    addScaling,
    addLimits,
    addRoutes,
    addTraffic,
    addEvents,
    addRecord,
    addPlacement,
    addRebalance,
  ],
  addCertificates,
  ...[addSecrets, addNodes, addKeys],
];
