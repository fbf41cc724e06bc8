import type { Command } from 'commander';
import { examples, type ProgramContext, type Run, sub } from './command-line.js';
import { cancel } from './commands/cancel.js';
import { plan } from './commands/plan.js';
import { buildRequest, sendRequest } from './commands/request.js';
import { scale } from './commands/scale.js';
import { serviceWishes, type ServiceOptions } from './commands/service-wishes.js';
import { usageError } from './errors.js';
import { addFleetPlans } from './program.plan.js';
import { addReason, addRunOptions, addTimeout, addTokenAndTimeout, RELEASE_HELP } from './program.request.js';

interface WaitOptions {
  readonly token?: string;
  readonly timeout: number;
  readonly reason?: string;
}

/** `rollback`: back to what ran well. */
export function addRollback(program: Command, run: Run, { interrupted }: ProgramContext): void {
  const description = 'run the last good release again, or the named one';
  addTokenAndTimeout(addReason(sub(program, 'rollback <app> <service> [release]', description)))
    .addHelpText(
      'after',
      examples(
        'slipway rollback shop prices',
        'slipway rollback shop prices shop-prices-1dc56952dadc --reason "the new one is too slow"',
      ),
    )
    .action(
      (appId: string, name: string, release: string | undefined, options: WaitOptions, command: Command) =>
        run(command, (output) => {
          const { token, timeout, reason } = options;
          const services = serviceWishes([name], { release });
          const wish = {
            mode: 'rollback',
            appId,
            services,
            token,
            reason,
            timeoutMs: timeout * 1000,
          } as const;
          return sendRequest(buildRequest(wish), { timeoutMs: wish.timeoutMs, interrupted }, output);
        }),
    );
}

interface ScaleOptions extends WaitOptions {
  readonly instance?: string;
}

/** `scale`: more or fewer of what runs. */
export function addScale(program: Command, run: Run, { interrupted }: ProgramContext): void {
  const description = 'run more or fewer instances of a service: 3, +1, -1, or without a named one';
  const command = sub(program, 'scale <app> <service> [count]', description);
  addTokenAndTimeout(
    addReason(command.option('--instance <name>', 'the instance to stop, instead of <count>')),
  )
    .addHelpText(
      'after',
      examples(
        'slipway scale shop prices 3',
        'slipway scale shop prices +1',
        'slipway scale shop prices -1 --reason "the sale is over"',
        'slipway scale shop prices --instance shop-prices-order-4711-0',
      ),
    )
    .action(
      (
        ...[appId, service, count, { timeout, ...options }, command]: [
          string,
          string,
          string | undefined,
          ScaleOptions,
          Command,
        ]
      ) =>
        run(command, (output) =>
          scale({ appId, service, count, ...options, timeoutMs: timeout * 1000, interrupted }, output),
        ),
    );
}

const CANCEL_SECONDS = 60;

/** `cancel`: ends a request. */
export function addCancel(program: Command, run: Run, { interrupted }: ProgramContext): void {
  const description = 'end a request that is under way; what it began is stopped and removed';
  sub(program, 'cancel <token>', description)
    .addHelpText('after', examples('slipway cancel order-4711', 'slipway cancel order-4711 --json'))
    .action((cancels: string, _options: unknown, command: Command) =>
      run(command, (output) => cancel({ cancels, timeoutMs: CANCEL_SECONDS * 1000, interrupted }, output)),
    );
}

interface PlanOptions extends ServiceOptions {
  readonly app?: string;
  readonly run?: boolean;
  readonly restart?: boolean;
  readonly timeout: number;
}

const PLAN_CODES =
  'Exit codes of plan: 0 nothing to do, 1 any error, 2 there are changes, 130 interrupted.\n' +
  'The sources are uploaded under a temporary name and removed afterwards.\n' +
  'A folder that is called drain, remove, add or place is written as ./drain.';

/** `plan`: what `deploy` or `run` would do. */
export function addPlan(program: Command, run: Run, { interrupted, confirm }: ProgramContext): void {
  const description = 'say what deploy would do, or with --run what run would do';
  const command = sub(program, 'plan', description)
    .usage(
      '<dir> [service...] --app <id>\n       slipway plan --run <service...> --app <id>\n       slipway plan drain|remove|add|place ...',
    )
    .argument('[words...]', 'a folder and some of its services, or with --run the services')
    .option('--app <id>', 'the application (required for a folder and for --run)')
    .enablePositionalOptions()
    .option('--run', 'plan a run of services that are built already')
    .option('--release <id>', `with --run: ${RELEASE_HELP}`);
  addTimeout(addRunOptions(command))
    .addHelpText(
      'after',
      `${examples(
        'slipway plan examples/shop --app shop',
        'slipway plan examples/shop prices --app shop --json',
        'slipway plan --run prices site --app shop --restart',
      )}\n\n${PLAN_CODES}`,
    )
    .helpCommand(false)
    .action((words: string[], options: PlanOptions, command: Command) =>
      run(command, (output) =>
        plan(
          {
            appId: application(options),
            ...planned(words, options),
            timeoutMs: options.timeout * 1000,
            interrupted,
            confirm,
          },
          output,
        ),
      ),
    );
  addFleetPlans(command, run);
}

/** No option that every command below needs: it would be asked for there, too. */
function application({ app }: PlanOptions): string {
  if (app !== undefined) return app;
  throw usageError('USAGE', "required option '--app <id>' not specified", {
    hint: 'The help shows the arguments, with examples.',
    next: 'slipway plan --help',
  });
}

function planned(words: readonly string[], { run, restart, depends, release, replicas }: PlanOptions) {
  const [directory, ...rest] = words;
  const missing = (what: string): Error =>
    usageError('USAGE', `missing required argument '${what}'`, {
      hint: 'The help shows the arguments, with examples.',
      next: 'slipway plan --help',
    });
  if (directory === undefined) throw missing(run === true ? 'service' : 'dir');
  if (run === true) return { services: words, restart, depends, release, replicas };
  if (release === undefined) return { directory, services: rest, restart, depends, replicas };
  throw usageError('USAGE', '--release needs --run', {
    hint: 'A release is built already. To plan a folder, leave --release out.',
  });
}
