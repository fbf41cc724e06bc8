import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, FrameReader } from './frames.js';
import { linesOf, machine } from '../look-text.testing.js';

const MARK = 'slipway-0123456789ab';

function framed(sequence: number, text: string): string {
  return `${MARK} answer ${sequence} 1234.50 1234.52 ${text.length}\n${text}\n${MARK} end ${sequence}\n`;
}

function read(...pieces: readonly string[]): readonly Frame[] {
  const reader = new FrameReader(MARK);
  return pieces.flatMap((piece) => reader.push(piece));
}

const answer = (sequence: number, text: string): Frame => ({
  kind: 'answer',
  answer: { sequence, begunMs: 1_234_500, endedMs: 1_234_520, text },
});

const text = machine.map((made) => linesOf(made, true).join('\n'));

describe('FrameReader', () => {
  it('gives the same frames in whatever pieces they come, after the words of a login shell', () => {
    const greeting = fc.constantFrom(
      '',
      'Welcome!\n\nLast login: today\n',
      'no end of line',
      '\u00e9\u0000\n',
    );
    fc.assert(
      fc.property(greeting, text, text, fc.array(fc.nat()), (words, first, second, cuts) => {
        const all = `${words}${MARK} ready b00t-id\n${framed(1, first)}${framed(2, second)}`;
        const at = [...cuts.map((cut) => cut % (all.length + 1)), 0, all.length].sort((a, b) => a - b);
        const pieces = at.slice(1).map((end, index) => all.slice(at[index], end));
        expect(read(...pieces)).toEqual([
          { kind: 'ready', bootId: 'b00t-id' },
          answer(1, first),
          answer(2, second),
        ]);
      }),
    );
  });

  it('gives no answer that was cut anywhere', () => {
    fc.assert(
      fc.property(text, fc.nat(), (whole, at) => {
        const all = framed(1, whole);
        expect(read(all.slice(0, at % all.length))).toEqual([]);
      }),
    );
  });

  it('gives no answer with lines that are missing, there twice or of somebody else, and goes on behind it', () => {
    const change = fc.constantFrom('drop', 'repeat', 'insert');
    fc.assert(
      fc.property(text, change, fc.nat(), fc.nat(), (whole, how, at, count) => {
        const all = framed(1, whole);
        const lines = all.split('\n');
        const index = at % (lines.length - 1);
        const some = lines.slice(index, index + 1 + (count % 3));
        if (how === 'drop') lines.splice(index, some.length);
        if (how === 'repeat') lines.splice(index, 0, ...some);
        if (how === 'insert') lines.splice(index, 0, 'somebody else says so');
        const changed = lines.join('\n');
        const frames = read(changed, framed(2, 'next'), framed(3, whole));
        const answers = frames.filter((frame) => frame.kind === 'answer');
        // Lines outside of the frame do no harm.
        expect(answers.filter(({ answer: { sequence } }) => sequence === 1)).toEqual(
          changed.includes(all) ? [answer(1, whole)] : [],
        );
        expect(answers.slice(-2)).toEqual([answer(2, 'next'), answer(3, whole)]);
      }),
    );
  });

  it('says at once that a part of an answer is missing', () => {
    const all = framed(1, 'one\ntwo\nthree');
    expect(read(all.replace('two\n', ''))).toEqual([{ kind: 'broken', sequence: 1 }]);
  });

  it('keeps nothing of an endless line', () => {
    const reader = new FrameReader(MARK);
    for (let i = 0; i < 100; i += 1) reader.push('x'.repeat(64 * 1024));
    expect(JSON.stringify(reader).length).toBeLessThan(200_000);
    expect(reader.push(`\n${framed(1, 'text')}`)).toEqual([answer(1, 'text')]);
  });
});
