import process from 'node:process';
import { text } from 'node:stream/consumers';
import { CommanderError } from 'commander';
import { exitCodes } from './errors.js';
import { Output } from './output.js';
import { buildProgram } from './program.js';

const outputFor = (json: boolean) => new Output({ json, out: process.stdout, err: process.stderr });

const program = buildProgram({
  outputFor,
  finish: (code) => {
    process.exitCode = code;
  },
  interrupted: () => new Promise((resolve) => process.once('SIGINT', () => resolve())),
  standardInput: () => text(process.stdin),
});

try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed its own message already; help and version are not failures.
  if (error instanceof CommanderError)
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  else process.exitCode = outputFor(process.argv.includes('--json')).failed(error);
}
