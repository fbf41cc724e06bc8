import { type Command, Option } from 'commander';
import { examples, type ProgramContext, type Run, sub } from './command-line.js';
import { top } from './commands/top.js';
import { type TopOrder, topOrders } from './domain/top-lines.js';
import { usageError } from './errors.js';

/** What `top` shows without an application; one of this name is shown by `--app`. */
const NODES = 'nodes';

interface TopFlags {
  readonly app?: string;
  readonly once?: boolean;
  readonly sort: TopOrder;
}

const FIGURES =
  'Figures are those of the last second. A dash is a figure that is not known, or a gap; AGE says since when.\n' +
  'SCORE is how much room an instance has, 100 is idle, and its state; SLIPWAY_LOAD_BALANCER_URL names who says so.\n' +
  'With --json each line has a member nodes or instances; figures are null in a gap.';

/** `top`: how busy nodes and instances are. */
export function addTop(program: Command, run: Run, { interrupted }: ProgramContext): void {
  sub(program, 'top [app]', 'show how busy the nodes are, or the instances of an application, each second')
    .usage('[options] [nodes | app]')
    .option('--app <id>', 'the instances of this application, also of one that is called nodes')
    .option('--once', 'print the figures of one second (default without a terminal, except with --json)')
    .addOption(
      new Option('--sort <order>', 'by cpu or memory, the largest first, or by name')
        .choices(topOrders)
        .default('cpu'),
    )
    .addHelpText(
      'after',
      `${examples('slipway top', 'slipway top shop --sort memory', 'slipway top nodes --once --json')}\n\n${FIGURES}`,
    )
    .action((what: string | undefined, { app, once, sort }: TopFlags, command: Command) =>
      run(command, (output) => {
        if (what !== undefined && app !== undefined)
          throw usageError('USAGE', 'expected one of [app] and --app, not both', {
            hint: 'Both name the application; --app is for one that is called nodes.',
          });
        const appId = app ?? (what === NODES ? undefined : what);
        return top({ appId, once: once === true, order: sort, interrupted }, output);
      }),
    );
}
