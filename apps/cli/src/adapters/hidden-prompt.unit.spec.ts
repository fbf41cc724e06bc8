import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { askHidden } from './hidden-prompt.js';

/** Asks a user who types this; the answer, and what the screen shows. */
async function asked(typed: string) {
  const input = new PassThrough();
  const output = new PassThrough();
  const answer = askHidden('Value: ', { input, output });
  input.write(typed);
  const settled = await answer.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  return { ...settled, shown: String(output.read()) };
}

describe('a hidden prompt', () => {
  it('shows its question and nothing of the answer', async () => {
    expect(await asked('hunter2\r')).toEqual({ value: 'hunter2', shown: 'Value: \n' });
  });

  it('lets what was typed be corrected', async () => {
    expect(await asked('hunter3\x7f2\r')).toMatchObject({ value: 'hunter2' });
  });

  it.each([
    ['Ctrl-C', 'hunt\x03'],
    ['Ctrl-D', '\x04'],
  ])('ends at %s with nothing', async (_key, typed) => {
    expect(await asked(typed)).toMatchObject({
      error: { code: 'INTERRUPTED', exitCode: 130 },
      shown: 'Value: \n',
    });
  });
});
