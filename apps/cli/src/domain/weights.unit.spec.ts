import { expect, it } from 'vitest';
import { parseWeight } from './weights.js';

it.each([
  ['web-1=20', { instance: 'web-1', weight: 20 }],
  ['web-1=0', { instance: 'web-1', weight: 0 }],
  ['web-1=auto', { instance: 'web-1' }],
])('%s', (text, wish) => {
  expect(parseWeight(text)).toEqual(wish);
});

it.each(['web-1', 'web-1=', '=20', 'web-1=257', 'web-1=-1', 'web-1=2.5', 'web 1=20'])(
  '%s is none',
  (text) => {
    expect(parseWeight(text)).toBeUndefined();
  },
);
