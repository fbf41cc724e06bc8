import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { askYes } from './ask-yes.js';

it.each([
  ['y\n', true],
  ['Yes\n', true],
  ['\n', false],
  ['no\n', false],
  ['yesterday\n', false],
  ['', false],
])('%j means %s', async (typed, answer) => {
  const output = new PassThrough();
  const input = new PassThrough();
  input.end(typed);
  expect(await askYes('Go on?', { input, output })).toBe(answer);
  expect(String(output.read())).toBe('Go on? [y/N] ');
});
