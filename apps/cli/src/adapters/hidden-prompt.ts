import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CliError, exitCodes } from '../errors.js';

interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Asks for one line, which is not shown as it is typed. Throws at Ctrl-C and Ctrl-D. */
export async function askHidden(question: string, { input, output }: Terminal): Promise<string> {
  // A terminal of readline's switches the real one's echo off; what it writes in its place goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  output.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      const givenUp = (): void => reject(notAnswered());
      lines.once('SIGINT', givenUp);
      lines.once('close', givenUp);
      lines.once('line', resolve);
    });
  } finally {
    lines.close();
    output.write('\n');
  }
}

const notAnswered = (): Error =>
  new CliError('INTERRUPTED', 'Nothing was typed, and nothing was changed', exitCodes.interrupted, {
    hint: 'Type the value and Enter, or pipe it in.',
  });
