import { describe, expect, it } from 'vitest';
import { ReceivedOverrides } from './received-overrides.js';
import { ReceivedScores } from './received-scores.js';

describe('scores', () => {
  it('count for three seconds after the last message, also one that changed nothing', () => {
    const scores = new ReceivedScores();
    scores.take({ isWhole: true, scores: [{ name: 'a', score: 50 }] }, 0);
    scores.take({ scores: [] }, 2_000);
    expect([...scores.current(5_000)]).toEqual([['a', 50]]);
    expect(scores.current(5_001).size).toBe(0);
  });

  it('of another connection replace all that was known', () => {
    const scores = new ReceivedScores();
    scores.take(
      {
        scores: [
          { name: 'a', score: 50 },
          { name: 'b', score: 60 },
        ],
      },
      0,
    );
    scores.take({ scores: [{ name: 'b' }, { name: 'c', score: 0 }] }, 0);
    expect([...scores.current(0).keys()]).toEqual(['a', 'c']);
    scores.reconnected();
    scores.take({ scores: [{ name: 'd', score: 1 }] }, 0);
    expect([...scores.current(0).keys()]).toEqual(['d']);
  });
});

it('weights that operators have set hold until they end, whoever is away', () => {
  const overrides = new ReceivedOverrides();
  overrides.take(
    [
      { instance: 'a', weight: 20, forMs: 1_000 },
      { instance: 'b', weight: 0 },
    ],
    500,
  );
  expect([...overrides.current(1_499)]).toEqual([
    ['a', { weight: 20, untilMs: 1_500 }],
    ['b', { weight: 0 }],
  ]);
  expect([...overrides.current(1_500).keys()]).toEqual(['b']);
  overrides.take([], 2_000);
  expect(overrides.current(2_000).size).toBe(0);
});
