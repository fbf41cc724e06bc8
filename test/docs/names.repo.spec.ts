import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (page: string): string => readFileSync(join(root, page), 'utf8');
const pages = [
  ...['README.md', 'ARCHITECTURE.md'],
  ...globSync('docs/{tutorial,how-to,explanation,adr}/*.md', { cwd: root }),
];

/** `what` as the pages use it, where no reference page has it. */
const unknownIn = (pattern: RegExp, known: ReadonlySet<string>): readonly string[] =>
  pages.flatMap((page) =>
    [...read(page).matchAll(pattern)]
      .map(([, name]) => String(name))
      .filter((name) => !known.has(name))
      .map((name) => `${page}: ${name}`),
  );

const namesIn = (page: string, pattern: RegExp): ReadonlySet<string> =>
  new Set([...read(page).matchAll(pattern)].map(([, name]) => String(name)));

it('the pages name only environment variables that an app or the set-up reads', () => {
  const variables = namesIn('docs/reference/environment.md', /`([A-Z][A-Z0-9_]+)`/g);
  // Of the tests and the set-up: CONTRIBUTING.md.
  const known = new Set([...variables, 'SLIPWAY_CRASH_CASES', 'SLIPWAY_TOOLCHAINS']);
  expect(variables).toContain('DEPLOYER_LEASE_MS');
  const used =
    /\b((?:SLIPWAY|DEPLOYER|REGISTRY|BUILDER|RELEASE_RETENTION|NODE)_[A-Z_]*[A-Z])\b(?=[`=\s"/?]|$)/g;
  const codes = namesIn('docs/reference/errors.md', /`([A-Z][A-Z0-9_]+)`/g);
  expect(unknownIn(used, new Set([...known, ...codes]))).toEqual([]);
});

it('the pages type only commands that there are', () => {
  const commands = namesIn('docs/reference/cli.md', /^## slipway ([a-z]+)/gm);
  expect(commands).toContain('deploy');
  expect(unknownIn(/(?:^|`)slipway ([a-z]+)/gm, commands)).toEqual([]);
});
