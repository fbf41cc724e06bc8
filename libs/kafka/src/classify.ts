import { PermanentError } from './errors.js';

export type ErrorClass = 'retriable' | 'permanent' | 'bug';

/** A fault of the code: trying again will not help for long, but the message must not be lost or block. */
const BUGS = [TypeError, RangeError, SyntaxError, ReferenceError] as const;

/**
 * Classed by type, never by text. What is not known to be permanent or a bug is retriable: a database that is away
 * must not send good messages to the dead letters.
 */
export function classify(error: unknown): ErrorClass {
  if (error instanceof PermanentError) return 'permanent';
  if (typeof error === 'object' && error !== null && 'retriable' in error)
    return error.retriable === true ? 'retriable' : 'permanent';
  return BUGS.some((bug) => error instanceof bug) ? 'bug' : 'retriable';
}
