import { PermanentError } from './errors.js';

/**
 * Why a message is not handled, for its header and the log. Only a PermanentError speaks of the message on purpose,
 * naming fields and no values. Other errors, such as a database's, may quote what they were given.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof PermanentError) return error.message;
  if (!(error instanceof Error)) return 'the handler threw what is no error';
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  return `the handler failed with ${error.name}${code}; the log has the rest`;
}
