import { expect, it } from 'vitest';
import { isOlderState } from './older-state.js';

const at = (fence: number, second: number) => ({
  fence,
  observedAt: new Date(second * 1_000).toISOString(),
});

it.each([
  ['a lower fence is older, however late', at(1, 9), at(2, 1), true],
  ['a higher fence is not, however early', at(3, 0), at(2, 1), false],
  ['within a fence the time counts', at(2, 0), at(2, 1), true],
  ['the same once more is not older', at(2, 1), at(2, 1), false],
])('%s', (_, one, other, isOlder) => {
  expect(isOlderState(one, other)).toBe(isOlder);
});
