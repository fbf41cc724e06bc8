import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { shellWord } from './shell-word.js';

it.each([
  ['examples/shop', 'examples/shop'],
  ['python3 main.py', '"python3 main.py"'],
  ["it's", `"it's"`],
  ['a $HOME "b"', `'a $HOME "b"'`],
  ["it's $5", `'it'\\''s $5'`],
  ['', '""'],
])('%j is typed as %s', (text, typed) => {
  expect(shellWord(text)).toBe(typed);
  expect(execFileSync('sh', ['-c', `printf %s ${typed}`], { encoding: 'utf8' })).toBe(text);
});
