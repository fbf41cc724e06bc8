import { SshError } from './errors.js';

const PLAIN = /^[A-Za-z0-9_@%+:,./-]+$/;

/**
 * One argument as one word of a POSIX shell. SSH hands a command over as one string that the user's shell reads
 * again, so this is the only place where an argument becomes text. Within single quotes nothing is special but
 * the quote itself. Throws SSH_ARGUMENT_INVALID for NUL, which no argument can hold.
 */
export function quoteArgument(argument: string): string {
  if (argument.includes('\0')) {
    throw new SshError('SSH_ARGUMENT_INVALID', {
      message: 'An argument holds a NUL character.',
      hint: 'Remove it: no program takes a NUL character in an argument.',
    });
  }
  if (PLAIN.test(argument)) return argument;
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}
