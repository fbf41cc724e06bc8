import { expect, it } from 'vitest';
import { nextUtilisation, type Utilisation } from './states.js';

/** The states that follow each other. */
function states(scores: readonly number[]): readonly Utilisation[] {
  let state: Utilisation | undefined;
  return scores.map((score) => (state = nextUtilisation(state, score)));
}

it('has the thresholds of RustyBalancer', () => {
  const first = (score: number): Utilisation => nextUtilisation(undefined, score);
  expect([100, 70, 69.9, 40, 39.9, 0].map(first)).toEqual(['LU', 'LU', 'MU', 'MU', 'HU', 'HU']);
});

it('a score that trembled at a threshold changed its state each second: a state is left five points beyond', () => {
  expect(states([71, 68, 71, 66, 64, 68, 69, 70])).toEqual(['LU', 'LU', 'LU', 'LU', 'MU', 'MU', 'MU', 'LU']);
  expect(states([41, 39, 44, 39, 45])).toEqual(['MU', 'HU', 'HU', 'HU', 'MU']);
  expect(states([90, 10, 90])).toEqual(['LU', 'HU', 'LU']);
});
