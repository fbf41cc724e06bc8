import { describe, expect, it } from 'vitest';
import { canaryCount } from './canary-count.js';

const tried = { percent: 10 };

describe('a canary', () => {
  it('has its share of the instances, one at least, beside those of the wanted release', () => {
    const of = (count: number, percent: number, named?: number): number =>
      canaryCount({ state: 'running', count, canary: { percent, count: named } });
    expect([of(4, 10), of(10, 10), of(11, 10), of(50, 99), of(1, 99)]).toEqual([1, 1, 2, 50, 1]);
    expect(of(4, 10, 3)).toBe(3);
  });

  it('runs nothing where its service runs nothing', () => {
    expect(canaryCount({ state: 'stopped', count: 4, canary: tried })).toBe(0);
    expect(canaryCount({ state: 'running', count: 0, canary: { ...tried, count: 2 } })).toBe(0);
  });
});
