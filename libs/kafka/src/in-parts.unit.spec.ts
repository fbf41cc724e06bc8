import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inParts } from './in-parts.js';

const bytesOf = (part: readonly { readonly bytes: number }[]): number =>
  part.reduce((sum, { bytes }) => sum + bytes, 0);

it('has every item once, in order, and no part above the limit but for an item alone', () => {
  const items = fc.array(fc.record({ bytes: fc.integer({ min: 0, max: 150 }) }));
  fc.assert(
    fc.property(items, (all) => {
      const parts = inParts(all, 100);
      expect(parts.flat()).toEqual(all);
      for (const part of parts) expect(part.length === 1 || bytesOf(part) <= 100).toBe(true);
    }),
  );
});

it('fills each part before it begins another', () => {
  const parts = inParts(
    [60, 40, 1, 100, 100].map((bytes) => ({ bytes })),
    100,
  );
  expect(parts.map((part) => part.map(({ bytes }) => bytes))).toEqual([[60, 40], [1], [100], [100]]);
});
