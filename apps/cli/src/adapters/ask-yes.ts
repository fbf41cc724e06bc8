import { createInterface } from 'node:readline';
import { CliError, exitCodes } from '../errors.js';

interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Asks a question of yes and no. Anything but yes is no, also Ctrl-D. Throws INTERRUPTED at Ctrl-C. */
export async function askYes(question: string, terminal: Terminal): Promise<boolean> {
  const lines = createInterface(terminal);
  try {
    return await new Promise<boolean>((resolve, reject) => {
      lines.once('SIGINT', () => reject(interrupted()));
      lines.once('close', () => resolve(false));
      lines.question(`${question} [y/N] `, (answer) => resolve(/^y(?:es)?$/i.test(answer.trim())));
    });
  } finally {
    lines.close();
  }
}

const interrupted = (): CliError =>
  new CliError('INTERRUPTED', 'Nothing was answered, and nothing was changed', exitCodes.interrupted, {
    hint: 'Answer y or n.',
  });
