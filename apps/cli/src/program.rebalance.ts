import type { Command } from 'commander';
import { examples, type Run, sub } from './command-line.js';
import { rebalance } from './commands/rebalance.js';

const NOTES =
  'Exit codes: 0 no instance has to move, 1 any error, 2 moves are advised or under way.\n' +
  'The command moves nothing. With LOAD_BALANCER_REBALANCING=act, the load balancer has the moves made.';

/** `rebalance`: what would balance the load of nodes, and what did. */
export function addRebalance(program: Command, run: Run): void {
  sub(program, 'rebalance', 'say which instances should move so that the CPU of nodes is evenly used')
    .addHelpText('after', `${examples('slipway rebalance', 'slipway rebalance --json')}\n\n${NOTES}`)
    .action((_options: unknown, command: Command) => run(command, (output) => rebalance(output)));
}
