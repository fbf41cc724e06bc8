import { CliError, exitCodes } from './errors.js';

/**
 * Does what comes before a request is sent. At Ctrl-C it throws at once, and the error says that nothing was sent; the
 * work is left alone, for the process ends.
 */
export function beforeSending<T>(
  interrupted: () => Promise<void>,
  work: () => Promise<T>,
  hint = 'Nothing changes. Run the command again when you want it.',
): Promise<T> {
  const stopped = interrupted().then((): never => {
    const message = 'Nothing was sent: you stopped the command before its request';
    throw new CliError('INTERRUPTED', message, exitCodes.interrupted, { hint });
  });
  return Promise.race([work(), stopped]);
}
