import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteArgument } from './quote-argument.js';

/** What a shell makes of the quoted words: a real one, since the rules are its own. */
function readByShell(words: readonly string[]): string[] {
  const line = `printf '%s\\0' ${words.map(quoteArgument).join(' ')}`;
  return execFileSync('sh', ['-c', line]).toString('utf8').split('\0').slice(0, -1);
}

describe('quoteArgument', () => {
  it('gives every argument back unchanged through a shell and printf', () => {
    const hostile = fc.constantFrom(
      "'",
      '"',
      '$(id)',
      '`id`',
      '\\',
      ' ',
      '\n',
      ';',
      '*',
      '~',
      '!',
      '-',
      '',
      '|',
      '&',
    );
    const piece = fc.oneof(hostile, fc.string({ unit: 'grapheme' }));
    const word = fc.array(piece, { maxLength: 5 }).map((p) => p.join('').replaceAll('\0', ''));
    // Many words a shell, since a start of one costs more than all its words.
    const words = fc.array(word, { minLength: 60, maxLength: 160, size: 'max' });
    fc.assert(
      fc.property(words, (given) => {
        expect(readByShell(given)).toEqual(given);
      }),
      { numRuns: 8 },
    );
  });

  it('leaves plain words readable', () => {
    expect(['docker', '-H', 'unix:///run/docker.sock'].map(quoteArgument)).toEqual([
      'docker',
      '-H',
      'unix:///run/docker.sock',
    ]);
  });

  it('refuses NUL, which would cut the argument short', () => {
    expect(() => quoteArgument('a\0b')).toThrow(expect.objectContaining({ code: 'SSH_ARGUMENT_INVALID' }));
  });
});
