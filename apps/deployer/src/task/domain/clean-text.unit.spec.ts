import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText, messageWith, shortMessage, shortTail } from './clean-text.js';

/** Not the unit `binary`: it makes a table of a million characters. */
const character = fc
  .integer({ min: 0, max: 0x10ffff })
  .filter((point) => point < 0xd800 || point > 0xdfff)
  .map((point) => String.fromCodePoint(point));
const text = fc.oneof(
  fc.string({ unit: character }),
  fc.string({ unit: fc.constantFrom('\0', '\uD800', '\uDC00', '\n', 'ä', '🚢', 'x') }),
);
const longText = fc.array(text, { minLength: 1, maxLength: 40 }).map((parts) => parts.join(''));
/** With room for a note. */
const limit = fc.integer({ min: 60, max: 200 });

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
      fc.property(longText, limit, (given, mostBytes) => {
        for (const short of [shortMessage(given, mostBytes), shortTail(given, mostBytes)]) {
          expect(Buffer.byteLength(short)).toBeLessThanOrEqual(mostBytes);
          expect(Buffer.from(short).toString()).toBe(short);
        }
      }),
    );
  });

  it('a message that was cut was over its limit still, and cut again: a second cut changes nothing', () => {
    fc.assert(
      fc.property(longText, limit, (given, mostBytes) => {
        for (const cut of [shortMessage, shortTail]) {
          const once = cut(given, mostBytes);
          expect(cut(once, mostBytes)).toBe(once);
        }
      }),
    );
  });

  it('a shorter cut said that 22 bytes were missing of 11,808: it says all that is', () => {
    const bytes = fc.integer({ min: 9_000, max: 40_000 });
    fc.assert(
      fc.property(bytes, limit, (length, mostBytes) => {
        const message = shortMessage(shortMessage('x'.repeat(length)), mostBytes);
        expect(/^x+/.exec(message)?.[0].length).toBe(
          length - Number(/\((\d+) bytes more\)$/.exec(message)?.[1]),
        );
        const tail = shortTail(shortTail('x'.repeat(2 * length)), mostBytes);
        expect(/x+$/.exec(tail)?.[0].length).toBe(
          2 * length - Number(/^\((\d+) bytes before/.exec(tail)?.[1]),
        );
      }),
    );
  });

  it('that fits stays as it is', () => {
    expect(shortMessage('first\nlast\n', 11)).toBe('first\nlast\n');
    expect(shortTail('first\nlast\n', 11)).toBe('first\nlast\n');
  });

  it('keeps the beginning of a message, and says what is cut', () => {
    expect(shortMessage('abcdefghijklmnopqrstuvwxyz', 24)).toBe('abcde... (21 bytes more)');
    expect(shortMessage(`ab🚢${'x'.repeat(20)}`, 24)).toBe('ab... (24 bytes more)');
  });

  it('keeps the last whole lines of a log, and says what is cut', () => {
    const log = `${'first '.repeat(10)}\nsecond\nlast\n`;
    expect(shortTail(log, 45)).toBe('(68 bytes before this are left out)\nlast');
    expect(shortTail(log, 47)).toBe('(61 bytes before this are left out)\nsecond\nlast');
  });

  it('keeps the end of a line that alone is too long', () => {
    expect(shortTail(`${'x'.repeat(100)}end`, 42)).toBe('(98 bytes before this are left out)\nxxend');
  });

  it('a log that was long by its last newlines only lost its first line: it loses the newlines', () => {
    expect(shortTail(`a\nb${'\n'.repeat(30)}`, 20)).toBe('a\nb');
  });
});

describe('a message with sentences after it', () => {
  it('is as it is where there is room', () => {
    expect(messageWith('no space left', ['Still serving: 2.'])).toBe('no space left. Still serving: 2.');
    expect(messageWith('no space left', [])).toBe('no space left');
  });

  it('a long message cost the sentences after it: they stay whole, within the limit', () => {
    fc.assert(
      fc.property(longText, fc.integer({ min: 0, max: 4_000 }), (given, length) => {
        const sentences = [`${'y'.repeat(length)}.`, 'Still serving: 2.'];
        const whole = messageWith(given.repeat(200), sentences);
        expect(whole.endsWith(` ${sentences.join(' ')}`)).toBe(true);
        expect(Buffer.byteLength(whole)).toBeLessThanOrEqual(8_192);
        expect(shortMessage(whole)).toBe(whole);
      }),
    );
  });
});
