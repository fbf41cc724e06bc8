import { expect, it } from 'vitest';
import type { InstanceScore } from './instance-score.js';
import { ScoreMinutes } from './score-minutes.js';
import { BEGIN, NAME } from './scores.testing.js';

const score = (second: number, changes: Partial<InstanceScore> = {}): InstanceScore => ({
  ...{ instance: NAME, appId: 'shop', service: 'web', node: 'node-1', container: 'c1' },
  ...{ cpu: 80, memory: 60, network: 100, overall: 70, state: 'LU', used: {} },
  ...{ at: BEGIN + second * 1_000, ...changes },
});
const gathered = (scores: readonly InstanceScore[]): ScoreMinutes => {
  const minutes = new ScoreMinutes();
  scores.forEach((one) => minutes.add(one));
  return minutes;
};

it('a minute has the mean and the least of its seconds, and of a part those that had it', () => {
  const minutes = gathered([score(0), score(30, { overall: 50, cpu: 40, availability: 90 }), score(60)]);
  expect(minutes.complete(BEGIN + 62_999)).toEqual([]);
  expect(minutes.complete(BEGIN + 63_000)).toEqual([
    {
      ...{ instance: NAME, appId: 'shop', service: 'web', node: 'node-1', beginMs: BEGIN, seconds: 2 },
      overall: { mean: 60, least: 50 },
      parts: {
        cpu: { mean: 60, least: 40 },
        memory: { mean: 60, least: 60 },
        network: { mean: 100, least: 100 },
        availability: { mean: 90, least: 90 },
      },
    },
  ]);
});

it('a part that was never measured is absent', () => {
  const [minute] = gathered([score(0)]).complete(BEGIN + 63_000);
  expect(minute?.parts).not.toHaveProperty('availability');
});

it('waits while it is not stored, ten minutes long, and is given once it is', () => {
  const minutes = gathered([score(0)]);
  const complete = (afterMs: number): number => minutes.complete(BEGIN + afterMs).length;
  expect([complete(63_000), complete(600_000), complete(600_001)]).toEqual([1, 1, 0]);
  const stored = gathered([score(0), score(60)]);
  stored.stored(BEGIN + 63_000);
  expect(stored.complete(BEGIN + 200_000).map(({ beginMs }) => beginMs)).toEqual([BEGIN + 60_000]);
});
