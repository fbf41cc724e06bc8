import { styleText } from 'node:util';
import { CliError, exitCodes, type ExitCode } from './errors.js';
import { type Paint, plainPaint, type Screen } from './domain/progress-lines.js';
import { problemLines } from './domain/node-lines.js';
import { errorLines } from './domain/reply-lines.js';

interface OutputOptions {
  readonly json: boolean;
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
}

const UNKNOWN_COLUMNS = 80;
const UNKNOWN_ROWS = 24;

/**
 * The one place that writes. With `--json` the answer alone goes to standard output, as JSON, and what is for people
 * goes to standard error; without it both go to standard output, and errors to standard error.
 */
export class Output implements Screen {
  readonly paint: Paint;
  private readonly people: NodeJS.WriteStream;

  constructor(private readonly options: OutputOptions) {
    this.people = options.json ? options.err : options.out;
    this.paint = paintOf(this.people);
  }

  /** Whether lines can be redrawn in place. */
  get live(): boolean {
    return this.people.isTTY === true;
  }

  /** Whether the answer is for programs. */
  get isJson(): boolean {
    return this.options.json;
  }

  /** A terminal that does not know its size says 0. */
  get columns(): number {
    return this.people.columns || UNKNOWN_COLUMNS;
  }

  get rows(): number {
    return this.people.rows || UNKNOWN_ROWS;
  }

  /** What people want to see on the way. */
  note(text: string): void {
    this.raw(`${text}\n`);
  }

  /** What is neither on the way nor the answer, such as that nothing has come yet: never among what is read on. */
  aside(text: string): void {
    this.options.err.write(`${text}\n`);
  }

  raw(text: string): void {
    this.people.write(text);
  }

  /** What was asked for: `value` for programs, `lines` for people. */
  answer(value: unknown, lines: readonly string[]): void {
    if (this.options.json) this.data(value);
    else for (const line of lines) this.note(line);
  }

  /** Prints what went wrong, why, and the next command; returns the exit code that says so. */
  failed(error: unknown): ExitCode {
    const known = error instanceof CliError ? error : unexpected(error);
    const { code, message, hint, next, logTail, problems, exitCode } = known;
    if (this.options.json) this.data({ error: { code, message, hint, next, logTail, problems } });
    const paint = paintOf(this.options.err);
    // One that stands alone is what was said already.
    const others = (problems ?? []).filter((problem) => problem.message !== message);
    const lines = [...errorLines(known, paint, ''), ...problemLines(others, paint)];
    if (next !== undefined) lines.push(`next: ${paint.bold(next)}`);
    this.options.err.write(`${lines.join('\n')}\n`);
    return exitCode;
  }

  private data(value: unknown): void {
    this.options.out.write(`${JSON.stringify(value)}\n`);
  }
}

function unexpected(error: unknown): CliError {
  const message = error instanceof Error ? error.message : String(error);
  return new CliError('INTERNAL', message, exitCodes.failed, {
    hint: 'This is a fault of the command itself; please report it with the command line you used.',
    cause: error,
  });
}

function paintOf(stream: NodeJS.WriteStream): Paint {
  if (stream.isTTY !== true) return plainPaint;
  const style = (format: 'green' | 'red' | 'dim' | 'bold') => (text: string) =>
    styleText(format, text, { stream });
  return { good: style('green'), bad: style('red'), dim: style('dim'), bold: style('bold') };
}
