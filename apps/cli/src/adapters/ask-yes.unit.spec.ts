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

it('Ctrl-C at a question counted as no, with the exit code of a failure', async () => {
  const output = Object.assign(new PassThrough(), { isTTY: true });
  const input = new PassThrough();
  const asked = askYes('Go on?', { input, output });
  input.write('\u0003');
  await expect(asked).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
});
