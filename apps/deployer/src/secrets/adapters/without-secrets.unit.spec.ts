import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { EngineError } from '#libs/engine';
import { withoutSecrets } from './without-secrets.js';

const refusal = (message: string, cause?: unknown): EngineError =>
  new EngineError('SPEC_INVALID', { message, hint: 'Correct it.', cause });

describe("an engine's error about an instance with secrets", () => {
  it.each([
    ['in its message', refusal('invalid variable PASSWORD=hunter2')],
    ['in its cause', refusal('invalid variable', new Error('PASSWORD=hunter2'))],
    [
      'in a field of its cause',
      refusal('invalid', Object.assign(new Error('x'), { body: { e: ['hunter2'] } })),
    ],
  ])('is told without a value that stood %s', (_where, error) => {
    const told = withoutSecrets('start-instance', error, ['hunter2']);
    expect(told).toMatchObject({ code: 'SPEC_INVALID', hint: 'Correct it.' });
    expect(inspect(told, { depth: Infinity })).not.toContain('hunter2');
  });

  it('is left as it is where it holds none', () => {
    const error = refusal('no such image');
    expect(withoutSecrets('start-instance', error, ['hunter2'])).toBe(error);
  });
});
