import { describe, expect, it } from 'vitest';
import { intervalOf } from './interval.js';

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1);

describe('intervalOf', () => {
  it('of ten values leaves one out at each end, of twenty five, as tables of the sign test say', () => {
    expect(intervalOf(upTo(10))).toEqual({ median: 5.5, low: 2, high: 9 });
    expect(intervalOf(upTo(20))).toEqual({ median: 10.5, low: 6, high: 15 });
    expect(intervalOf(upTo(6).reverse())).toEqual({ median: 3.5, low: 1, high: 6 });
  });

  it('of few values is all of them', () => {
    expect(intervalOf([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3 });
    expect(intervalOf([7])).toEqual({ median: 7, low: 7, high: 7 });
  });
});
