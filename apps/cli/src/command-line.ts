import type { Command, CommanderError } from 'commander';
import { exitCodes, type ExitCode, usageError } from './errors.js';
import type { Output } from './output.js';

/** What the program needs from the process it runs in. */
export interface ProgramContext {
  readonly outputFor: (json: boolean) => Output;
  readonly finish: (code: ExitCode) => void;
  /** Resolves at Ctrl-C; from the first call on, Ctrl-C no longer ends the process. */
  readonly interrupted: () => Promise<void>;
  readonly standardInput: () => Promise<string>;
  /** Asks for what is not shown as it is typed; undefined where nobody sits at a terminal. */
  readonly askHidden: ((question: string) => Promise<string>) | undefined;
  /** Asks a question of yes and no; undefined where nobody sits at a terminal. */
  readonly confirm?: (question: string) => Promise<boolean>;
}

/** Runs what a command does; its errors are told by its own output. */
export type Run = (command: Command, action: (output: Output) => Promise<ExitCode>) => Promise<void>;

/** A subcommand. Flags may stand before or after it, so each level knows `--json`. */
export function sub(parent: Command, usage: string, description: string): Command {
  const command = parent.command(usage).description(description).option('--json', JSON_HELP);
  return command.exitOverride((error) => {
    throw asUsageError(error, helpOf(command));
  });
}

export const JSON_HELP = 'print the answer as JSON on standard output';

const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;

/** Help asked for, or shown because a command was missing, is no error of ours to tell. */
export function asUsageError(error: CommanderError, next: string): Error {
  if (error.exitCode === exitCodes.ok || error.code === 'commander.help') return error;
  const message = withoutFarGuess(error.message.replace(/^error: /, '').replaceAll('\n', ' '));
  return usageError('USAGE', message, { hint: 'The help shows the arguments, with examples.', next });
}

/** Commander also guesses words that are unlike what was typed: a slip of the first letter is rare. */
const withoutFarGuess = (message: string): string =>
  message.replace(
    /(unknown command '(.).*?') \(Did you mean (.).*\)$/,
    (whole, said: string, typed, guessed) => (typed === guessed ? whole : said),
  );

/** Where the help of a command is read. */
export const helpOf = (command: Command): string => `${pathOf(command)} --help`;

/** A parser of an option's number. */
export function wholeNumber(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw usageError(
      'USAGE',
      `${option} is ${JSON.stringify(text)}: it must be a whole number from ${min} to ${max}`,
      { hint: `Correct ${option}; --help shows examples.` },
    );
  };
}

/** A parser of an option that may be given several times. */
export const collected = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
];

/** What `addHelpText` appends. */
export const examples = (...lines: string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
