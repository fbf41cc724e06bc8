import { expect, it } from 'vitest';
import { ResponseTimes } from './response-times.js';

it.each([0.2, 1, 7, 23, 480, 30_000])('a percentile of %d ms is off by 5 % at most', (ms) => {
  const times = new ResponseTimes();
  for (let n = 0; n < 20; n += 1) times.add(ms);
  const found = times.quantileMs(0.95) ?? 0;
  expect(Math.abs(found - Math.max(1, ms)) / Math.max(1, ms)).toBeLessThan(0.05);
  expect(times.meanMs).toBeCloseTo(ms);
});

it('is that of most, and what is rare shows where there is enough of it', () => {
  const times = new ResponseTimes();
  for (let n = 0; n < 94; n += 1) times.add(10);
  for (let n = 0; n < 6; n += 1) times.add(1_000);
  expect(times.quantileMs(0.5)).toBeLessThan(11);
  expect(times.quantileMs(0.95)).toBeGreaterThan(950);
});

it('five seconds later they are forgotten', () => {
  const times = new ResponseTimes();
  times.add(10);
  for (let n = 0; n < 4; n += 1) times.nextSecond();
  expect(times.count).toBe(1);
  times.nextSecond();
  expect([times.count, times.meanMs, times.quantileMs(0.95)]).toEqual([0, undefined, undefined]);
});
