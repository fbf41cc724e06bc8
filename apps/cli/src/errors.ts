import type { MachineProblem } from '#libs/contracts';

/**
 * 0: done. 1: the platform could not do it. 2: the caller must change the command line or the configuration.
 * 130: Ctrl-C, as shells say, before the answer came. `plan` alone says 2 when there are changes, and 1 for all errors.
 */
export const exitCodes = { ok: 0, failed: 1, usage: 2, changes: 2, interrupted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

interface CliErrorDetails {
  /** What to do about it. */
  readonly hint: string;
  /** A command line to type next. */
  readonly next?: string;
  /** The end of the log that explains it. */
  readonly logTail?: string;
  /** Each of several things that are wrong with a machine. */
  readonly problems?: readonly MachineProblem[];
  readonly cause?: unknown;
}

/** Anything the command says instead of doing its work; `code` is stable, `exitCode` is what the shell gets. */
export class CliError extends Error {
  readonly hint: string;
  readonly next: string | undefined;
  readonly logTail: string | undefined;
  readonly problems: readonly MachineProblem[] | undefined;

  constructor(
    readonly code: string,
    message: string,
    readonly exitCode: ExitCode,
    details: CliErrorDetails,
  ) {
    super(message, { cause: details.cause });
    this.name = 'CliError';
    this.hint = details.hint;
    this.next = details.next;
    this.logTail = details.logTail;
    this.problems = details.problems;
  }
}

/** Beside a demo: where what does not answer stands now. */
export const READ_SETTINGS = 'source .slipway/env';

/** The command line or the configuration is wrong. */
export function usageError(code: string, message: string, details: CliErrorDetails): CliError {
  return new CliError(code, message, exitCodes.usage, details);
}

/** The platform, or something it needs, did not do it. */
export function failure(code: string, message: string, details: CliErrorDetails): CliError {
  return new CliError(code, message, exitCodes.failed, details);
}

/** Runs `work`; what it throws becomes a coded failure, unless it is one already. */
export async function orFail<T>(code: string, details: CliErrorDetails, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw failure(code, causes(error).map(withoutStop).join(': '), { ...details, cause: error });
  }
}

/** More may follow. */
const withoutStop = (text: string): string => text.replace(/\.$/, '');

/** `fetch failed` alone helps nobody: the reason is in the cause. */
function causes(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  const all = [error.message, ...(error.cause === undefined ? [] : causes(error.cause))];
  return all.filter((text, index) => text !== '' && all.indexOf(text) === index);
}
