import { expect, it } from 'vitest';
import { writtenLimit } from './limit-words.js';

it.each([
  ['0.2:1', { min: 0.2, max: 1 }],
  ['128:128', { min: 128, max: 128 }],
  ['0.5', { at: 0.5 }],
  ['1:0.5', undefined],
  ['-1', undefined],
  ['1:', undefined],
  ['a:b', undefined],
])('%s', (text, limit) => {
  expect(writtenLimit(text)).toEqual(limit);
});
