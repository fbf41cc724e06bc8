import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText, shortMessage, shortTail } from './clean-text.js';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\0', '\uD800', '\uDC00', '\n', 'ä', '🚢', 'x') }),
);
/** What the note of a cut needs besides. */
const NOTE_BYTES = 60;

describe('text of others', () => {
  it('a NUL or half a character made a task repeat until its deadline: neither is left', () => {
    expect(cleanText('a\0b\uD800c🚢')).toBe('ab\uFFFDc🚢');
    fc.assert(
      fc.property(text, (given) => {
        const clean = cleanText(given);
        expect(clean).not.toContain('\0');
        expect(clean.isWellFormed()).toBe(true);
      }),
    );
  });

  it('is never longer than its limit, and stays whole characters', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), (given, mostBytes) => {
        for (const short of [shortMessage(given, mostBytes), shortTail(given, mostBytes)]) {
          expect(Buffer.byteLength(short)).toBeLessThanOrEqual(mostBytes + NOTE_BYTES);
          expect(Buffer.from(short).toString()).toBe(short);
        }
      }),
    );
  });

  it('that fits stays as it is', () => {
    expect(shortMessage('first\nlast\n', 11)).toBe('first\nlast\n');
    expect(shortTail('first\nlast\n', 11)).toBe('first\nlast\n');
  });

  it('keeps the beginning of a message, and says what is cut', () => {
    expect(shortMessage('abcdefgh', 3)).toBe('abc... (5 bytes more)');
    expect(shortMessage('ab🚢cd', 4)).toBe('ab... (6 bytes more)');
  });

  it('keeps the last whole lines of a log, and says what is cut', () => {
    expect(shortTail('first\nsecond\nlast\n', 11)).toBe('(13 bytes before this are left out)\nlast');
  });

  it('keeps the end of a line that alone is too long', () => {
    expect(shortTail('x'.repeat(100) + 'end', 5)).toBe('(98 bytes before this are left out)\nxxend');
  });
});
