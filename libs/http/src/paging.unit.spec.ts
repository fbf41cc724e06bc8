import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { placeAfter, toPage } from './paging.js';
import { preferredWait } from './prefer.js';

const placeSchema = z.tuple([z.number()]);

type Filter = Parameters<typeof toPage>[2];

/** A list of numbers as a controller pages it. */
function page(all: readonly number[], limit: number, cursor?: string, filter: Filter = {}) {
  const [after = -Infinity] = placeAfter(placeSchema, cursor, filter) ?? [];
  const found = all.filter((item) => item > after).slice(0, limit + 1);
  return toPage(
    found.map((item) => ({ item, place: [item] })),
    limit,
    filter,
  );
}

describe('pages', () => {
  it('hold each item once, in order, and the last one has no next', () => {
    const lists = fc.uniqueArray(fc.integer()).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 7 }), (all, limit) => {
        const seen: number[] = [];
        let cursor: string | undefined;
        do {
          const { items, next } = page(all, limit, cursor);
          expect(items.length).toBeLessThanOrEqual(limit);
          expect(next === undefined || items.length === limit).toBe(true);
          seen.push(...items);
          cursor = next;
        } while (cursor !== undefined);
        expect(seen).toEqual(all);
      }),
    );
  });

  it.each(['', 'x', 'WyJ4Il0', 'e30', 'bnVsbA'])(
    'refuse the cursor %j, which is none of this list',
    (cursor) => {
      expect(() => placeAfter(placeSchema, cursor, {})).toThrow(
        expect.objectContaining({ status: 400, code: 'CURSOR_INVALID' }),
      );
    },
  );
});

it('a cursor of another filter was taken: it is good for the same filter only, in any order', () => {
  const all = [1, 2, 3];
  const { next } = page(all, 1, undefined, { appId: 'shop', state: 'open', service: undefined });
  expect(page(all, 9, next, { state: 'open', appId: 'shop' }).items).toEqual([2, 3]);
  for (const other of [
    {},
    { appId: 'shop' },
    { appId: 'hello', state: 'open' },
    { appId: 'open', state: 'shop' },
  ])
    expect(() => page(all, 9, next, other)).toThrow(
      expect.objectContaining({ status: 400, code: 'CURSOR_INVALID' }),
    );
});

describe('Prefer: wait', () => {
  it.each([
    ['wait=30', 30],
    ['respond-async, wait=10', 10],
    ['Wait = "5"; foo', 5],
    ['wait=0', 0],
    ['wait=3600', 60],
    [undefined, undefined],
    ['', undefined],
    ['wait', undefined],
    ['wait=-1', undefined],
    ['wait=soon', undefined],
    ['await=3', undefined],
  ])('%s is %s s', (header, seconds) => {
    expect(preferredWait(header)).toBe(seconds);
  });
});
