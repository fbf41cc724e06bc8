import type { Command } from 'commander';
import { examples, type Run, sub } from './command-line.js';
import { explainPlacement } from './commands/placement-explain.js';

const MARKS =
  'The node with * was taken. A term has its points, and in brackets its value and its weight.\n' +
  'CLOSEST is the node that lacks least, and what it lacks. LOAD_BALANCER_PLACEMENTS_DAYS says how long this is kept.';

/** `placement`: why instances are where they are. */
export function addPlacement(program: Command, run: Run): void {
  const placement = sub(program, 'placement', 'why instances are where they are');
  sub(
    placement,
    'explain <token-or-instance>',
    'say why this node was taken, what the others scored, and what ruled out the rest',
  )
    .usage('<access token, instance, or token of a request>')
    .addHelpText(
      'after',
      `${examples(
        'slipway placement explain order-4711:prices:0',
        'slipway placement explain shop-prices-order-4711-0 --json',
        'slipway placement explain order-4711',
      )}\n\n${MARKS}`,
    )
    .action((word: string, _options: unknown, command: Command) =>
      run(command, (output) => explainPlacement(word, output)),
    );
}
