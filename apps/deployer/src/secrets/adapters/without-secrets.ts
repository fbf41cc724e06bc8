import { inspect } from 'node:util';
import { masked } from '../domain/mask.js';
import { StepError, toTaskError } from '../../task/domain/task-error.js';

/** The error of a step that worked with these values; one that holds any of them, anywhere, is told without. */
export function withoutSecrets(step: string, error: unknown, values: readonly string[]): unknown {
  const all = inspect(error, { depth: Infinity, maxStringLength: Infinity, breakLength: Infinity });
  if (masked(all, values) === all) return error;
  const { code, message, hint, logTail } = toTaskError(step, error);
  const mask = (text: string): string => masked(text, values);
  return new StepError({
    code,
    message: mask(message),
    hint: mask(hint),
    logTail: logTail === undefined ? undefined : mask(logTail),
  });
}
