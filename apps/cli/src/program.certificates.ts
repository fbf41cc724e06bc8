import type { Command } from 'commander';
import { examples, type Run, sub } from './command-line.js';
import { certificates } from './commands/certificates.js';

const NOTES = 'Exit codes: 0 every certificate is served, 1 any error, 2 one is missing or was not renewed.';

/** `certificates`: what the gateway serves over HTTPS. */
export function addCertificates(program: Command, run: Run): void {
  sub(program, 'certificates', 'list the certificates of the gateway, those that are missing, and why')
    .addHelpText('after', `${examples('slipway certificates', 'slipway certificates --json')}\n\n${NOTES}`)
    .action((_options: unknown, command: Command) => run(command, (output) => certificates(output)));
}
