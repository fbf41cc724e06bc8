import { createInterface } from 'node:readline';

interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Asks a question of yes and no. Anything but yes is no, also Ctrl-C and Ctrl-D. */
export async function askYes(question: string, terminal: Terminal): Promise<boolean> {
  const lines = createInterface(terminal);
  try {
    return await new Promise<boolean>((resolve) => {
      lines.once('close', () => resolve(false));
      lines.question(`${question} [y/N] `, (answer) => resolve(/^y(?:es)?$/i.test(answer.trim())));
    });
  } finally {
    lines.close();
  }
}
