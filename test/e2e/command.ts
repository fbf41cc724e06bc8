import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'vitest';
import { until } from '#libs/testing';

const COMMAND = join(import.meta.dirname, '../../bin/slipway.mjs');

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A `slipway` that runs, its standard output and standard error in pipes. */
export class RunningCommand {
  out = '';
  err = '';
  /** Resolves when it is gone and all it said was read. */
  readonly ended: Promise<Ended>;
  private readonly child;

  constructor(words: readonly string[], env: NodeJS.ProcessEnv = process.env, input = '') {
    // A process group of its own, so that Ctrl-C reaches it as it does from a terminal, and not the tests.
    this.child = spawn(process.execPath, [COMMAND, ...words], { env, detached: true });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    this.child.stdin.end(input);
    this.ended = once(this.child, 'close').then(([code]) => ({
      code: code as number | null,
      out: this.out,
      err: this.err,
    }));
  }

  /** Waits until standard output or standard error holds `text`. */
  async says(text: string): Promise<void> {
    await until(`slipway to say ${text}`, () => `${this.out}${this.err}`.includes(text), {
      timeoutMs: 60_000,
    });
  }

  /** What a terminal does at Ctrl-C: an interrupt for every process of the group. */
  async interrupt(): Promise<Ended> {
    process.kill(-Number(this.child.pid), 'SIGINT');
    return this.ended;
  }
}

export const slipway = (...words: string[]): Promise<Ended> => new RunningCommand(words).ended;

/** The answer of `--json`: one line, and nothing else, on standard output. */
export function answerOf(out: string): unknown {
  expect(out).toMatch(/^[^\n]+\n$/);
  return JSON.parse(out);
}
