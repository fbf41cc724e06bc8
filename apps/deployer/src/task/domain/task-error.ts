import type { TaskError } from '#libs/contracts';

/** An expected failure of a step, as the reply will tell it. */
export class StepError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly logTail?: string;

  constructor(error: TaskError, options?: { cause?: unknown }) {
    super(error.message, options);
    this.name = 'StepError';
    this.code = error.code;
    this.hint = error.hint;
    this.logTail = error.logTail;
  }
}

const CODE = /^[A-Z][A-Z0-9_]*$/;

function text(error: object, member: string): string | undefined {
  const value: unknown = Reflect.get(error, member);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The code of a coded error. */
export const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error ? text(thrown, 'code') : undefined;

/** Lines as a list or as one text. */
function logTailOf(error: object): string | undefined {
  const value: unknown = Reflect.get(error, 'logTail');
  return Array.isArray(value) && value.length > 0 ? value.join('\n') : text(error, 'logTail');
}

/** The record did not answer in the middle of a step: no fault of the request, which is carried on later. */
export const isRecordAway = (thrown: unknown): boolean =>
  thrown instanceof Error && text(thrown, 'code') === 'DATABASE_UNAVAILABLE';

/** Codes whose own name says what went wrong but not in whose step. */
const STEP_CODES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'fetch-source': { BLOB_NOT_FOUND: 'SOURCE_NOT_FOUND' },
  'push-image': { '*': 'PUSH_FAILED' },
  'pull-image': { '*': 'PULL_FAILED', ENGINE_UNREACHABLE: 'NODE_UNREACHABLE' },
  'start-instance': { ENGINE_UNREACHABLE: 'NODE_UNREACHABLE' },
  'probe-instance': { ENGINE_UNREACHABLE: 'NODE_UNREACHABLE' },
  'stop-instance': { ENGINE_UNREACHABLE: 'NODE_UNREACHABLE' },
  'read-log': { ENGINE_UNREACHABLE: 'NODE_UNREACHABLE' },
};

/**
 * A thrown value as a reply's error. Coded errors keep their code (mapped to the step's where one is defined);
 * anything else is a bug and says so.
 */
export function toTaskError(step: string, thrown: unknown): TaskError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const own = codeOf(error);
  if (own === undefined || !CODE.test(own) || text(error, 'hint') === undefined) {
    return {
      code: 'INTERNAL',
      message: `${step}: ${error.message}`,
      hint: "This is not the request's fault. Look for this token in the deployer's log, then send the request again with a new token.",
    };
  }
  const codes = STEP_CODES[step] ?? {};
  return {
    code: codes[own] ?? codes['*'] ?? own,
    message: error.message,
    hint: text(error, 'hint') ?? '',
    logTail: logTailOf(error),
  };
}
