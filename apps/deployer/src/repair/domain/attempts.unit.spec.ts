import { expect, it } from 'vitest';
import { attemptsOf } from './attempts.js';

const repair = { attempts: 3, unplaced: 2, lastAt: 7 };

it('no place is no attempt: it is counted apart', () => {
  expect(attemptsOf({ ...repair, error: 'NO_NODE' })).toEqual({ count: 2, unplaced: 3, lastAt: 7 });
});

it.each(['PULL_FAILED', 'PULL_TIMEOUT', 'NODE_UNREACHABLE'])(
  'an outage of the image registry or of a node uses up no attempt: %s',
  (error) => {
    expect(attemptsOf({ ...repair, error })).toEqual({ count: 2, unplaced: 3, lastAt: 7 });
  },
);

it.each([['HEALTH_TIMEOUT'], [null]])('a repair that found a node counts, however it ended: %s', (error) => {
  expect(attemptsOf({ ...repair, error })).toEqual({ count: 3, unplaced: 0, lastAt: 7 });
});
