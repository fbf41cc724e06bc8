import type { TaskError } from '#libs/contracts';
import { shortMessage, shortTail } from './clean-text.js';
import { effectKinds, entryOf } from './effect-table.js';

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

/** Of what is no effect of a task. */
const RENAMED_ELSEWHERE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'read-log': { ENGINE_UNREACHABLE: 'NODE_UNREACHABLE', ENGINE_FORBIDDEN: 'NODE_UNREACHABLE' },
};

function renamedIn(step: string): Readonly<Record<string, string>> {
  const kind = effectKinds.find((one) => one === step);
  return (kind === undefined ? RENAMED_ELSEWHERE[step] : entryOf(kind).renamed) ?? {};
}

/**
 * A thrown value as a reply's error. Coded errors keep their code (mapped to the step's where one is defined);
 * anything else is a bug and says so. What others wrote into it is cleaned, and cut where it is long.
 */
export function toTaskError(step: string, thrown: unknown): TaskError {
  const { message, logTail, ...error } = toWholeError(step, thrown);
  return {
    ...error,
    message: shortMessage(message),
    logTail: logTail === undefined ? undefined : shortTail(logTail),
  };
}

/** With all that it says: secrets are found in it only before it is cut. */
export function toWholeError(step: string, thrown: unknown): TaskError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const own = codeOf(error);
  if (own === undefined || !CODE.test(own) || text(error, 'hint') === undefined) {
    return {
      code: 'INTERNAL',
      message: `${step}: ${error.message}`,
      hint: "This is a fault of Slipway, not of the request. Look for the token in the deployer's log, then send the request again with a new token.",
    };
  }
  const codes = renamedIn(step);
  return {
    code: codes[own] ?? codes['*'] ?? own,
    message: error.message,
    hint: text(error, 'hint') ?? '',
    logTail: logTailOf(error),
  };
}
