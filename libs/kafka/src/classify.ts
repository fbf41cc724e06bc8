import { PermanentError } from './errors.js';

export type ErrorClass = 'retriable' | 'permanent' | 'bug';

/** A fault of the code: trying again will not help for long, but the message must not be lost or block. */
const BUGS = [TypeError, RangeError, SyntaxError, ReferenceError] as const;

/**
 * SQLSTATE classes of what a database will never take, however often it is asked: data exceptions, broken constraints,
 * faulty statements, program limits (PostgreSQL, appendix A). All others may pass.
 */
const REFUSED_FOR_EVER = /^(22|23|42|54)[0-9A-Z]{3}$/;

const isRefusedForEver = (error: unknown): boolean =>
  error instanceof Error &&
  'severity' in error &&
  'code' in error &&
  REFUSED_FOR_EVER.test(String(error.code));

/**
 * Classed by type, never by text. What is not known to be permanent or a bug is retriable: a database that is away
 * must not send good messages to the dead letters.
 */
export function classify(error: unknown): ErrorClass {
  if (error instanceof PermanentError) return 'permanent';
  if (typeof error === 'object' && error !== null && 'retriable' in error)
    return error.retriable === true ? 'retriable' : 'permanent';
  return isRefusedForEver(error) || BUGS.some((bug) => error instanceof bug) ? 'bug' : 'retriable';
}
