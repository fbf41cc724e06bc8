import type { Command, Option } from 'commander';
import { buildProgram } from '../../apps/cli/src/program.js';
import { code, codeBlock, page, table } from './markdown.js';

const unused = (): never => {
  throw new Error('the page of the command runs none');
};

/** The command as the page shows it; it cannot run. */
export const program = (): Command =>
  buildProgram({
    outputFor: unused,
    finish: unused,
    interrupted: unused,
    standardInput: unused,
    askHidden: undefined,
  });

const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;

/** Commands that do something, without those that only hold others. */
const leavesOf = (command: Command): readonly Command[] => [
  ...(command.commands.length === 0 || command.registeredArguments.length > 0 ? [command] : []),
  ...command.commands.flatMap(leavesOf),
];

function optionRow({ flags, description, defaultValue }: Option): readonly string[] {
  return [code(flags), description, defaultValue === undefined ? '' : code(String(defaultValue))];
}

/** What `addHelpText` appended: examples, then remarks. */
function helpAfter(command: Command): { readonly examples: string; readonly remarks: string } {
  let text = '';
  command.configureOutput({ writeOut: (part) => void (text += part) });
  command.outputHelp();
  const [examples = '', ...remarks] = (text.split('\nExamples:\n')[1] ?? '').trimEnd().split('\n\n');
  return { examples: examples.replace(/^ *\$ /gm, ''), remarks: remarks.join('\n\n') };
}

/** The help indents the second line of a usage; the page does not. */
const usageOf = (command: Command): string => `${pathOf(command)} ${command.usage()}`.replace(/\n +/g, '\n');

function sectionOf(command: Command): readonly string[] {
  const { examples, remarks } = helpAfter(command);
  const options = command.options.filter(({ long }) => long !== '--json');
  return [
    `## ${pathOf(command)}`,
    `${asSentence(command.description())}`,
    codeBlock('sh', usageOf(command)),
    ...(options.length === 0 ? [] : [table(['option', 'what it does', 'default'], options.map(optionRow))]),
    codeBlock('sh', examples),
    ...(remarks === '' ? [] : [codeBlock('text', remarks)]),
  ];
}

const asSentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** docs/reference/cli.md, from the program itself. */
export function cliPage(): string {
  const root = program();
  const { remarks } = helpAfter(root);
  return page('The `slipway` command', [
    root.description(),
    'With `--json` every command prints its answer as JSON on standard output. What it prints on the way goes to standard error.',
    codeBlock('text', remarks),
    'Ctrl-C ends the wait, not the request. `slipway --help` and the `--help` of each command show the same.\nThe [environment](environment.md#the-slipway-command) says where the platform is.',
    ...leavesOf(root).flatMap(sectionOf),
  ]);
}
