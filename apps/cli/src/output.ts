import { styleText } from 'node:util';
import { CliError, exitCodes, type ExitCode } from './errors.js';
import { type Paint, plainPaint } from './domain/progress-lines.js';

export interface OutputOptions {
  readonly json: boolean;
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
}

/** The one place that writes: text for people, or JSON alone on standard output for programs. */
export class Output {
  readonly paint: Paint;

  constructor(private readonly options: OutputOptions) {
    this.paint = options.out.isTTY ? terminalPaint(options.out) : plainPaint;
  }

  get json(): boolean {
    return this.options.json;
  }

  /** Whether lines can be redrawn in place. */
  get live(): boolean {
    return !this.options.json && this.options.out.isTTY === true;
  }

  get columns(): number {
    return this.options.out.columns ?? 80;
  }

  /** For people only; `--json` drops it. */
  line(text = ''): void {
    if (!this.options.json) this.options.out.write(`${text}\n`);
  }

  raw(text: string): void {
    if (!this.options.json) this.options.out.write(text);
  }

  /** For programs only: one document, or one a line where there are many. */
  data(value: unknown): void {
    if (this.options.json) this.options.out.write(`${JSON.stringify(value)}\n`);
  }

  /** Prints what went wrong, why, and the next command; returns the exit code that says so. */
  failed(error: unknown): ExitCode {
    const known = error instanceof CliError ? error : unexpected(error);
    const { code, message, hint, next, logTail, exitCode } = known;
    if (this.options.json) this.data({ error: { code, message, hint, next, logTail } });
    else this.options.err.write(`${this.errorText(known)}\n`);
    return exitCode;
  }

  private errorText({ code, message, hint, next, logTail }: CliError): string {
    const log =
      logTail === undefined
        ? []
        : logTail
            .trimEnd()
            .split('\n')
            .map((l) => `  | ${l}`);
    const lines = [`${this.paint.bad(code)}  ${message}`, ...log, `hint: ${hint}`];
    return next === undefined ? lines.join('\n') : [...lines, `next: ${this.paint.bold(next)}`].join('\n');
  }
}

function unexpected(error: unknown): CliError {
  const message = error instanceof Error ? error.message : String(error);
  return new CliError('INTERNAL', message, exitCodes.failed, {
    hint: 'This is a fault of the command itself; please report it with the command line you used.',
    cause: error,
  });
}

function terminalPaint(stream: NodeJS.WriteStream): Paint {
  const style = (format: 'green' | 'red' | 'dim' | 'bold') => (text: string) =>
    styleText(format, text, { stream });
  return { good: style('green'), bad: style('red'), dim: style('dim'), bold: style('bold') };
}
