import type { Command } from 'commander';
import { MOST_PLANNED } from '#libs/contracts';
import { collected, examples, helpOf, type Run, sub, wholeNumber } from './command-line.js';
import { planAdd, planDrain, planPlace, type PlanPlaceOptions, planRemove } from './commands/fleet-plan.js';
import { usageError } from './errors.js';

const CODES =
  'Exit codes: 0 no instance would move or start, 1 any error or something would find no place, 2 instances would move or start.\n' +
  'The load balancer decides on a copy of the fleet. Nothing is changed, and nothing is reserved.';

/** `plan drain`, `add`, `remove` and `place`: what would come of a change to the fleet. */
export function addFleetPlans(plan: Command, run: Run): void {
  plan.hook('preSubcommand', (_plan, command) => refuseOptionsOf(plan, command));
  sub(plan, 'drain <node>', 'say where the instances of a node would go if it was drained')
    .addHelpText('after', help('slipway plan drain node-1', 'slipway plan drain node-1 --json'))
    .action((node: string, _options: unknown, command: Command) =>
      run(command, (output) => planDrain(node, output)),
    );
  sub(plan, 'remove <node>', 'say where the instances of a node would go if it was lost or removed')
    .addHelpText('after', help('slipway plan remove node-2'))
    .action((node: string, _options: unknown, command: Command) =>
      run(command, (output) => planRemove(node, output)),
    );
  sub(plan, 'add', 'say how much more room there would be with more nodes')
    .requiredOption('--like <node>', 'a node that the new ones are like (required)')
    .option('--count <number>', 'how many', wholeNumber('--count', 1, MOST_PLANNED), 1)
    .addHelpText('after', help('slipway plan add --like node-1 --count 3'))
    .action((options: { like: string; count: number }, command: Command) =>
      run(command, (output) => planAdd(options, output)),
    );
  addPlace(plan, run);
}

/** Options before the name of a subcommand are those of `plan`, which say nothing about nodes. */
function refuseOptionsOf(plan: Command, command: Command): void {
  const given = plan.options.find(
    (option) =>
      option.attributeName() !== 'json' && plan.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (given === undefined) return;
  throw usageError('USAGE', `${given.long} is of no use for plan ${command.name()}`, {
    hint: `Leave it out, or write it behind ${command.name()} if that has such an option.`,
    next: helpOf(command),
  });
}

function addPlace(plan: Command, run: Run): void {
  sub(plan, 'place', 'say where new instances would go')
    .requiredOption('--cpu <cores>', 'what each needs, such as 0.5 (required)', cores)
    .requiredOption('--memory <size>', 'what each needs, such as 512M or 4G (required)')
    .option('--count <number>', 'how many', wholeNumber('--count', 1, MOST_PLANNED), 1)
    .option(
      '--constraint <key=value>',
      'only on such nodes, or key!=value; several times for several',
      collected,
    )
    .option('--app <id>', 'the application that they are of')
    .option('--service <name>', 'the service that they are of: its instances that there are count')
    .option('--affinity <service>', 'only beside this service of the application; repeatable', collected)
    .option(
      '--anti-affinity <service>',
      'never beside this service of the application; repeatable',
      collected,
    )
    .option('--no-port', 'workers: they take no host port')
    .option('--priority <number>', 'their priority, -100 to 100 (default: 0); only with --preempt', priority)
    .option('--preempt', 'say also what would be stopped for them where there is no room')
    .addHelpText(
      'after',
      help(
        'slipway plan place --cpu 2 --memory 4G --count 10',
        'slipway plan place --cpu 0.5 --memory 512M --count 3 --constraint disk=ssd --constraint zone!=rack-1',
        'slipway plan place --cpu 1 --memory 1G --app shop --service web --anti-affinity db',
        'slipway plan place --cpu 2 --memory 1G --priority 50 --preempt',
      ),
    )
    .action((options: PlanPlaceOptions, command: Command) =>
      run(command, (output) => planPlace(options, output)),
    );
}

const help = (...lines: string[]): string => `${examples(...lines)}\n\n${CODES}`;

const MOST_PRIORITY = 100;

/** A negative number begins with a dash, which `wholeNumber` does not take. */
function priority(text: string): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && Math.abs(value) <= MOST_PRIORITY) return value;
  throw usageError(
    'USAGE',
    `--priority is ${JSON.stringify(text)}: it must be a whole number from -${MOST_PRIORITY} to ${MOST_PRIORITY}`,
    { hint: 'Correct --priority; --help shows examples.' },
  );
}

function cores(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0) return value;
  throw usageError(
    'USAGE',
    `--cpu is ${JSON.stringify(text)}: it must be a number of cores such as 0.5 or 2`,
    {
      hint: 'Correct --cpu; --help shows examples.',
    },
  );
}
