import process from 'node:process';
import { text } from 'node:stream/consumers';
import { askHidden } from './adapters/hidden-prompt.js';
import { Output } from './output.js';
import { runProgram } from './program.js';

// Who reads no further, such as `head`, has what was wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

await runProgram(process.argv.slice(2), {
  outputFor: (json) => new Output({ json, out: process.stdout, err: process.stderr }),
  finish: (code) => {
    process.exitCode = code;
  },
  interrupted: () => new Promise((resolve) => process.once('SIGINT', () => resolve())),
  standardInput: () => text(process.stdin),
  askHidden: process.stdin.isTTY
    ? (question) => askHidden(question, { input: process.stdin, output: process.stderr })
    : undefined,
});
