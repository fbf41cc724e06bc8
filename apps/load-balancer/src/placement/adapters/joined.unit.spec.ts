import { describe, expect, it } from 'vitest';
import { joined } from './joined.js';

describe('joined calls', () => {
  it('that are made at once are one, and each gets its own answer', async () => {
    const asked: (readonly number[])[] = [];
    const double = joined(async (numbers: readonly number[]) => {
      asked.push(numbers);
      await Promise.resolve();
      return numbers.map((n) => 2 * n);
    });
    expect(await Promise.all([1, 2, 3].map(double))).toEqual([2, 4, 6]);
    // Who was answered asks again at once, after a few microtasks of its own.
    const again = [4, 5].map(async (n) => double(await double(n)));
    expect(await Promise.all(again)).toEqual([16, 20]);
    expect(asked).toEqual([
      [1, 2, 3],
      [4, 5],
      [8, 10],
    ]);
  });

  it('that come while others are answered wait for these, and are then one', async () => {
    const going: (() => void)[] = [];
    const asked: (readonly string[])[] = [];
    const slow = joined((names: readonly string[]) => {
      asked.push(names);
      return new Promise<readonly string[]>((resolve) => going.push(() => resolve(names)));
    });
    const first = slow('a');
    await expect.poll(() => going.length, { interval: 1 }).toBe(1);
    const later = [slow('b'), slow('c')];
    going[0]?.();
    expect(await first).toBe('a');
    await expect.poll(() => going.length, { interval: 1 }).toBe(2);
    going[1]?.();
    expect(await Promise.all(later)).toEqual(['b', 'c']);
    expect(asked).toEqual([['a'], ['b', 'c']]);
  });

  it('that fail fail together, and the next ones are asked all the same', async () => {
    const even = joined((numbers: readonly number[]) =>
      numbers.some((n) => n % 2 === 1) ? Promise.reject(new Error('odd')) : Promise.resolve(numbers),
    );
    const failed = await Promise.allSettled([1, 2].map(even));
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await even(4)).toBe(4);
  });
});
