import { expect, it } from 'vitest';
import { nextShare, Turn } from './pace.js';

const after = (count: number, lateMs: number, from = 1): number => {
  let share = from;
  for (let n = 0; n < count; n += 1) share = nextShare(share, lateMs);
  return share;
};

it('a replica that is in time looks at each node each second', () => {
  expect(after(100, 50)).toBe(1);
  const turn = new Turn(0.3);
  expect(Array.from({ length: 5 }, () => turn.isNext(1))).toEqual([true, true, true, true, true]);
});

it('a replica that is behind looks less often at once, never less than each tenth second, and recovers slowly', () => {
  expect(after(3, 2_000)).toBeCloseTo(0.512);
  expect(after(100, 2_000)).toBe(0.1);
  expect(after(10, 50, 0.5)).toBeCloseTo(0.7);
});

it.each([0.1, 0.25, 0.5, 0.9])('with a share of %d each node has so many of its seconds', (share) => {
  for (const credit of [0, 0.4, 0.99]) {
    const turn = new Turn(credit);
    const taken = Array.from({ length: 100 }, () => turn.isNext(share)).filter(Boolean).length;
    expect(Math.abs(taken - 100 * share)).toBeLessThanOrEqual(1);
  }
});

it('nodes that begin differently miss different seconds', () => {
  const first = [0, 0.6].map((credit) => new Turn(credit)).map((turn) => turn.isNext(0.5));
  expect(first).toEqual([false, true]);
});
