import { text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { demultiplex, demultiplexing } from './demultiplex.js';

function framed(line: string): Buffer {
  const body = Buffer.from(line);
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

it('a log that comes in any pieces is the same text, also where a piece ends within a frame or a letter', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 8 }),
    fc.integer({ min: 1, max: 30 }),
    async (lines, size) => {
      const whole = Buffer.concat(lines.map(framed));
      const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, n) =>
        whole.subarray(n * size, (n + 1) * size),
      );
      expect(await text(Readable.from(pieces).pipe(demultiplexing()))).toBe(lines.join(''));
      expect(demultiplex(whole)).toBe(lines.join(''));
    },
  );
  await fc.assert(property, { numRuns: 100 });
});
