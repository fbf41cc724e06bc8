import type { Command } from 'commander';
import { examples, type Run, sub } from './command-line.js';
import { keys } from './commands/keys.js';

const NOTES = `
Each line is a variable with a new random value. Whoever has them can open every secret of the installation.
Nothing is stored, and the next call prints others.`;

/** `keys`: what an operator needs before the first start. */
export function addKeys(program: Command, run: Run): void {
  sub(program, 'keys', 'print keys and API tokens for a new installation')
    .addHelpText(
      'after',
      `${examples('(umask 077 && slipway keys > slipway.env)', 'slipway keys --json')}\n${NOTES}`,
    )
    .action((_options: unknown, command: Command) => run(command, (output) => Promise.resolve(keys(output))));
}
