import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { linesOf } from './lines.js';

it.each([
  [
    ['one\ntw', 'o\n', '\nfour'],
    ['one', 'two', '', 'four'],
  ],
  [['one\n'], ['one']],
  [[], []],
])('of %j are %j', async (pieces, lines) => {
  const found: string[] = [];
  for await (const line of linesOf(Readable.from(pieces))) found.push(line);
  expect(found).toEqual(lines);
});
