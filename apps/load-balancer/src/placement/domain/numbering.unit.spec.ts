import { expect, it } from 'vitest';
import { NumbersInUse } from './numbering.js';

it('the number of a text that nobody uses any more is given to the next one', () => {
  const numbers = new NumbersInUse<string>();
  expect([numbers.add('a', 'A'), numbers.add('b', 'B'), numbers.add('a', 'other')]).toEqual([0, 1, 0]);
  numbers.remove(0);
  expect([numbers.add('c', 'C'), numbers.values]).toEqual([2, ['A', 'B', 'C']]);
  numbers.remove(0);
  expect(numbers.values).toEqual([undefined, 'B', 'C']);
  expect([numbers.add('d', 'D'), numbers.add('a', 'A')]).toEqual([0, 3]);
  expect(numbers.values).toEqual(['D', 'B', 'C', 'A']);
});
