import { expect, it } from 'vitest';
import { isWorthTelling, learnedLimits } from './learned.js';

const MIB = 1_048_576;

it('learns what was used and 15 % more, from ten minutes of figures on', () => {
  expect(learnedLimits({ spans: 60, cpu: 0.4, memory: 100 * MIB })).toEqual({ cpu: 0.46, memoryMiB: 115 });
  expect(learnedLimits({ spans: 59, cpu: 0.4, memory: 100 * MIB })).toBeUndefined();
});

it('a figure that is missing teaches nothing', () => {
  expect(learnedLimits({ spans: 600, cpu: null, memory: 100 * MIB })).toBeUndefined();
});

it('what is nearly the same is not told again', () => {
  const before = { cpu: 0.5, memoryMiB: 100 };
  expect(isWorthTelling(before, { cpu: 0.54, memoryMiB: 95 })).toBe(false);
  expect(isWorthTelling(before, { cpu: 0.5, memoryMiB: 111 })).toBe(true);
  expect(isWorthTelling(undefined, before)).toBe(true);
});
