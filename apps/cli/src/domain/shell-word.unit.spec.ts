import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { shellWord } from './shell-word.js';

const words = [
  ['examples/shop', 'examples/shop'],
  ['python3 main.py', '"python3 main.py"'],
  ["it's", `"it's"`],
  ['a $HOME "b"', `'a $HOME "b"'`],
  ["it's $5", `'it'\\''s $5'`],
  ['', '""'],
] as const;

it.each(words)('%j is typed as %s', (text, typed) => {
  expect(shellWord(text)).toBe(typed);
});

it('a shell reads each as it was', () => {
  const all = words.map(([text]) => text);
  const read = execFileSync('sh', ['-c', `printf '%s\\0' ${all.map(shellWord).join(' ')}`], {
    encoding: 'utf8',
  });
  expect(read.split('\0').slice(0, -1)).toEqual(all);
});
