import { describe, expect, it } from 'vitest';
import { dockerIgnores } from './docker-ignore.js';

const PATHS = [
  'Dockerfile',
  '.dockerignore',
  '.env',
  'a.log',
  'src/a.log',
  'src/b.ts',
  'src/deep/c.md',
  'b/a.log.1',
];

const leftOut = (...lines: readonly string[]): readonly string[] =>
  PATHS.filter(dockerIgnores(lines.join('\n'), 'Dockerfile'));

describe('what a .dockerignore names was sent to the build', () => {
  it.each<readonly [string, readonly string[], readonly string[]]>([
    ['a file at the root, and only there', ['a.log'], ['a.log']],
    ['a pattern at the root', ['*.log'], ['a.log']],
    ['a pattern at any depth', ['**/*.log'], ['a.log', 'src/a.log']],
    ['a folder with all in it', ['src'], ['src/a.log', 'src/b.ts', 'src/deep/c.md']],
    ['a folder by its slash', ['/src/'], ['src/a.log', 'src/b.ts', 'src/deep/c.md']],
    ['an exception below a folder', ['src', '!src/b.ts'], ['src/a.log', 'src/deep/c.md']],
    ['the last one that fits', ['!src/b.ts', 'src'], ['src/a.log', 'src/b.ts', 'src/deep/c.md']],
    ['everything but', ['*', '!src'], ['.dockerignore', '.env', 'a.log', 'b/a.log.1']],
    ['everything, with both ways', ['**', '!**/*.ts'], PATHS.filter((path) => !/ts$|^Dockerfile/.test(path))],
    ['one character, and one of a set', ['?.log', 'src/[a-b].ts'], ['a.log', 'src/b.ts']],
    ['none of a set', ['src/[^a].*'], ['src/b.ts']],
    ['a name with an escape', [String.raw`a\.log`], ['a.log']],
    ['what is in a comment, or nothing: not', ['# src', '', '   '], []],
    ['a path with dots in it', ['./src/../a.log'], ['a.log']],
    ['the Dockerfile: it is sent', ['Dockerfile', '.dockerignore'], ['.dockerignore']],
    ['a set that holds nothing', ['[z-a].log'], []],
    ['a set that never ends: as it is', ['[a.log'], []],
  ])('%s', (_what, lines, expected) => expect(leftOut(...lines)).toEqual(expected));
});

it('a pattern of many stars stopped the deployer: every way of matching was tried', () => {
  const name = 'a'.repeat(200);
  for (const stars of ['*a', '**a', '**/*a*']) {
    const pattern = stars.repeat(20);
    expect(dockerIgnores(`${pattern}b`, 'Dockerfile')(name), pattern).toBe(false);
  }
  expect(dockerIgnores('*a'.repeat(20), 'Dockerfile')(name)).toBe(true);
});

it.each([
  ['src/*/c', 'src/a/b/c', false],
  ['src/**/c', 'src/a/b/c', true],
  ['src/**/c', 'src/c', true],
  ['src/**/c', 'src/abc', false],
  ['a**z', 'a/b/z', true],
  ['?', '\u{1F600}', true],
])('the pattern %s and the path %s', (pattern, path, isLeftOut) => {
  expect(dockerIgnores(pattern, 'Dockerfile')(path)).toBe(isLeftOut);
});
