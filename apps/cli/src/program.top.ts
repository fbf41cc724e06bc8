import { type Command, Option } from 'commander';
import { examples, type ProgramContext, type Run, sub } from './command-line.js';
import { top } from './commands/top.js';
import { type TopOrder, topOrders } from './domain/top-lines.js';

/** What `top` shows without an application. */
const NODES = 'nodes';

const FIGURES =
  'Figures are those of the last second. A dash is a figure that is not known, or a gap; AGE says since when.\n' +
  'With --json each line has a member nodes or instances; figures are null in a gap.';

/** `top`: how busy nodes and instances are. */
export function addTop(program: Command, run: Run, { interrupted }: ProgramContext): void {
  sub(program, 'top [app]', 'show how busy the nodes are, or the instances of an application, each second')
    .usage('[options] [nodes | app]')
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
    .action((what: string = NODES, options: { once?: boolean; sort: TopOrder }, command: Command) =>
      run(command, (output) => {
        const appId = what === NODES ? undefined : what;
        return top({ appId, once: options.once === true, order: options.sort, interrupted }, output);
      }),
    );
}
