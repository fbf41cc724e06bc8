import { freshKeys } from '#libs/secrets';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';

/** Keys and API tokens for a new installation; nothing of them is kept here. */
export function keys(output: Output): ExitCode {
  const made = freshKeys();
  output.answer(
    made,
    Object.entries(made).map(([name, value]) => `${name}=${value}`),
  );
  return exitCodes.ok;
}
