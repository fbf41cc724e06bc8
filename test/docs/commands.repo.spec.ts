import { globSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { program } from '../../scripts/docs/cli-page.js';
import { environmentPage } from '../../scripts/docs/environment-page.js';

const pages = ['README.md', ...globSync('docs/{how-to,tutorial,explanation}/*.md')].sort();

/** The lines of the shell's blocks, those that end in a backslash with the next one. */
const shellLinesOf = (text: string): readonly string[] =>
  [...text.matchAll(/^ *```sh\n([\s\S]*?)```/gm)].flatMap(([, block = '']) =>
    block.replaceAll('\\\n', ' ').split('\n'),
  );

/** Typed in a shell, by docker/run.sh, or in a pod. */
const COMMAND = /^ *(?:docker\/run\.sh -e \w+ |kubectl exec .* -- )?slipway (?<words>.*)$/;

/** What the shell hands to the command: without comments and files that it is joined to. */
const wordsOf = (text: string): readonly string[] =>
  (text.replace(/(?:^| )#.*/, '').match(/"[^"]*"|\S+/g) ?? []).filter(
    (word, index, all) => !/^[<>|]/.test(word) && !/^[<>|]/.test(all[index - 1] ?? ''),
  );

const commandsOf = (page: string): readonly string[] =>
  shellLinesOf(readFileSync(page, 'utf8')).flatMap((line) => COMMAND.exec(line)?.groups?.['words'] ?? []);

/** What is wrong with a command line; undefined where it could run. */
function fault(words: readonly string[], command: Command = program()): string | undefined {
  const [first = '', ...others] = words;
  if (command.commands.length > 0) {
    const next = command.commands.find((one) => one.name() === first);
    if (next !== undefined) return fault(others, next);
    // One that also does something itself, as `plan` does.
    if (command.registeredArguments.length === 0) return `no command "${first}"`;
  }
  const { operands, unknown } = command.parseOptions([...words]);
  if (unknown.length > 0) return `unknown: ${unknown.join(' ')}`;
  const missing = command.registeredArguments.find(
    ({ required }, index) => required && index >= operands.length,
  );
  if (missing !== undefined) return `<${missing.name()}> is missing`;
  const most = command.registeredArguments.some(({ variadic }) => variadic)
    ? Infinity
    : command.registeredArguments.length;
  if (operands.length > most) return `too many words: ${operands.join(' ')}`;
  const option = command.options.find(
    (one) => one.mandatory && command.getOptionValue(one.attributeName()) === undefined,
  );
  return option === undefined ? undefined : `${option.long} is missing`;
}

describe('the commands of the pages', () => {
  it('a wrong one is found', () => {
    expect(fault(['node', 'add', 'x', '--adress', 'y'])).toBe('unknown: --adress y');
    expect(fault(['nodes', 'ls'])).toBe('no command "nodes"');
    expect(fault(['secret', 'set', 'shop'])).toBe('<name> is missing');
    expect(fault(['status', 'shop', 'web', '3'])).toBe('too many words: shop web 3');
    expect(fault(['deploy', 'x'])).toBe('--app is missing');
    expect(wordsOf('node add x --password-stdin < password.txt   # by a password')).toEqual(
      'node add x --password-stdin'.split(' '),
    );
  });

  it('are all found', () => {
    expect(commandsOf('docs/how-to/run-in-containers.md')).toContain('status shop');
    expect(commandsOf('docs/how-to/run-on-kubernetes.md')).toContain('deploy /tmp/shop --app shop');
  });

  it.each(pages)('%s', (page) => {
    const wrong = commandsOf(page).flatMap((line) => {
      const said = fault(wordsOf(line));
      return said === undefined ? [] : [`slipway ${line}: ${said}`];
    });
    expect(wrong).toEqual([]);
  });
});

const variablesSetOn = (page: string): readonly string[] =>
  shellLinesOf(readFileSync(page, 'utf8')).flatMap((line) =>
    [...line.matchAll(/(?<![\w$-])([A-Z][A-Z0-9]*_[A-Z0-9_]+)=/g)].map(([, name]) => String(name)),
  );

describe('the variables that a how-to sets are those that something reads', () => {
  const known = environmentPage();

  it('are all found', () => {
    expect(variablesSetOn('docs/how-to/choose-a-blob-storage.md')).toContain('AWS_SECRET_ACCESS_KEY');
  });

  it.each(pages.filter((page) => page.startsWith('docs/how-to/')))('%s', (page) => {
    expect(variablesSetOn(page).filter((name) => !known.includes(`\`${name}\``))).toEqual([]);
  });
});
