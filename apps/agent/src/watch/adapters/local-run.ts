import { execFile } from 'node:child_process';
import type { Ran } from '../ports.js';

/** Of an answer, as over SSH. */
const MOST_BYTES = 4 * 1024 ** 2;
/** As a shell says it of a program that a signal ended. */
const KILLED = 128;

/** Runs a program on this machine. Throws where it cannot be started, or does not end within the time. */
export function runHere(
  [program = '', ...args]: readonly string[],
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, maxBuffer: MOST_BYTES, encoding: 'utf8' } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr });
      if (typeof error.code === 'string' || error.killed) return reject(error);
      resolve({ code: error.code ?? KILLED, stdout, stderr });
    });
  });
}
