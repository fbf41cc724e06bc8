import { expect, it } from 'vitest';
import { sinceChange } from './spec-words.js';

it.each([
  ['scale', 'since `scale` at NOW'],
  ['build-and-run', 'since `deploy` at NOW'],
  ['build-and-run failed', 'since `deploy failed` at NOW'],
  ['adopted', 'since NOW, made from what ran'],
])('a change by %s is told in the words of the command', (by, said) => {
  expect(sinceChange({ by, at: 'NOW' })).toBe(said);
});
