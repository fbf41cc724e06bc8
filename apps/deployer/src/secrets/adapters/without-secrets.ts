import { inspect } from 'node:util';
import { masked } from '../domain/mask.js';
import type { WithoutSecrets } from '../ports.js';
import { StepError, toWholeError } from '../../task/domain/task-error.js';

export const withoutSecrets: WithoutSecrets = (step, error, values) => {
  const all = inspect(error, { depth: Infinity, maxStringLength: Infinity, breakLength: Infinity });
  if (masked(all, values) === all) return error;
  const { code, message, hint, logTail } = toWholeError(step, error);
  const mask = (text: string): string => masked(text, values);
  return new StepError({
    code,
    message: mask(message),
    hint: mask(hint),
    logTail: logTail === undefined ? undefined : mask(logTail),
  });
};
