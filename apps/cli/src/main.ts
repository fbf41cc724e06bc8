import process from 'node:process';
import { text } from 'node:stream/consumers';
import { askYes } from './adapters/ask-yes.js';
import { askHidden } from './adapters/hidden-prompt.js';
import { exitCodes } from './errors.js';
import { Output } from './output.js';
import { runProgram } from './program.js';

// Who reads no further, such as `head`, has what was wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

let interrupted: Promise<void> | undefined;

await runProgram(process.argv.slice(2), {
  outputFor: (json) => new Output({ json, out: process.stdout, err: process.stderr }),
  finish: (code) => {
    process.exitCode = code;
    // What was under way, such as an upload, must not go on.
    if (code === exitCodes.interrupted) process.exit();
  },
  // One for all: a Ctrl-C between two calls must not be lost.
  interrupted: () => (interrupted ??= new Promise((resolve) => process.once('SIGINT', () => resolve()))),
  standardInput: () => text(process.stdin),
  askHidden: process.stdin.isTTY
    ? (question) => askHidden(question, { input: process.stdin, output: process.stderr })
    : undefined,
  confirm: process.stdin.isTTY
    ? (question) => askYes(question, { input: process.stdin, output: process.stderr })
    : undefined,
});
