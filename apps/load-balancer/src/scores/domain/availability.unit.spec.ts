import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Answers, nextAnswers, trustIn } from './availability.js';

const ALPHA = 0.2;
const times = (count: number, seconds: number): readonly number[] => Array<number>(count).fill(seconds);

/** The answers after each sample, one a second. */
function after(
  samples: readonly (number | { readonly time?: number; readonly errorShare: number })[],
): readonly Answers[] {
  let known: Answers | undefined;
  return samples.map((sample, n) => {
    const one = typeof sample === 'number' ? { time: sample, errorShare: 0 } : sample;
    known = nextAnswers(known, { ...one, at: n * 1_000 }, ALPHA);
    return known;
  });
}
const scores = (samples: Parameters<typeof after>[0]): readonly number[] =>
  after(samples).map(({ score }) => score);

describe('availability beside RustyBalancer', () => {
  const START = 'there: the trend divided by answers that there were none of yet (fault 5)';
  const NORMAL =
    'there: each second is measured against the fastest ever, and the wobble of real answers costs half';
  const WOBBLE = Array.from(
    { length: 120 },
    (_, n) => 0.2 * (1 + 0.4 * Math.sin(n * 2.399) + 0.2 * Math.sin(n * 7.1)),
  );
  const SLOWER = [...times(20, 0.2), ...times(40, 1)];

  // What came out of its code for the same times, then ours.
  it.each([
    ['the first answer', times(1, 0.2), 100, 100, ''],
    ['the second', times(2, 0.2), 80, 100, START],
    ['the third', times(3, 0.2), 64, 100, START],
    ['the fourth', times(4, 0.2), 51.2, 100, START],
    ['the fifth', times(5, 0.2), 40.96, 100, START],
    ['the tenth', times(10, 0.2), 74.59, 100, START],
    ['twenty, after which both agree', times(20, 0.2), 97.27, 100, ''],
    [
      'a service that takes 2 s, at first',
      times(1, 2),
      97.8,
      88.99,
      'here: the first sample is the average, so its penalty counts in full',
    ],
    ['the same after 30 s: it is as it always was', times(30, 2), 99.7, 99.97, ''],
    ['one slow answer', [...times(20, 0.2), 1], 81.8, 88.67, START],
    ['half a minute later', [...times(20, 0.2), 1, ...times(19, 0.2)], 82.31, 99.67, NORMAL],
    ['answers five times as slow, at once', SLOWER.slice(0, 21), 81.8, 88.67, START],
    ['after 5 s', SLOWER.slice(0, 25), 34.49, 54.21, 'here: up to 1.5 times the best costs nothing'],
    ['after 40 s', SLOWER, 8.96, 16.82, 'here: up to 1.5 times the best costs nothing'],
    ['answers 30 times as slow', [...times(20, 0.2), ...times(40, 6)], 0.61, 1.14, ''],
    [
      '2 ms that become 8 ms',
      [...times(20, 0.002), ...times(20, 0.008)],
      15.25,
      99.51,
      'here: nobody waits for 50 ms',
    ],
    ['answers that get faster', [...times(20, 1), ...times(40, 0.2)], 100, 100, ''],
    ['answers that wobble by half for two minutes', WOBBLE, 50.2, 99.54, NORMAL],
  ])('%s', (_what, samples, theirs, ours, why) => {
    expect(scores(samples).at(-1)).toBeCloseTo(ours, 1);
    if (Math.abs(theirs - ours) > 3) expect(why, 'a difference has its reason').not.toBe('');
  });
});

it('availability fell 100, 80, 64, 51, 41 on the first samples of a service that answers as ever', () => {
  expect(scores(times(20, 0.02))).toEqual(times(20, 100));
});

it('a hung application looked healthy, as its port could be connected to: requests that fail cost their share', () => {
  const failing = (errorShare: number) => [
    ...times(20, 0.02),
    ...Array<{ errorShare: number }>(30).fill({ errorShare }),
  ];
  expect(scores(failing(1)).at(-1)).toBeLessThan(0.2);
  expect(scores(failing(0.5)).at(-1)).toBeCloseTo(50, 0);
});

it('an instance that never answered but with errors is not available at all', () => {
  expect(scores([{ errorShare: 1 }])).toEqual([0]);
});

it('steady saturation became normal within seconds: a minute of it still costs most of the score', () => {
  expect(scores([...times(20, 0.2), ...times(60, 2)]).at(-1)).toBeLessThan(10);
});

it('what is slow for hours is normal in the end: what requests ask for has changed', () => {
  const before = after(times(20, 0.2)).at(-1) as Answers;
  let known = before;
  for (let n = 1; n <= 240; n += 1)
    known = nextAnswers(known, { time: 0.5, errorShare: 0, at: before.at + n * 30_000 }, ALPHA);
  expect(known.score).toBeGreaterThan(95);
});

it('counts in full after its fifth sample, fades after ten seconds without one, and is gone after a minute', () => {
  const trusts = after(times(6, 0.1)).map((answers) => trustIn(answers, answers.at));
  expect(trusts).toEqual([0.2, 0.4, 0.6, 0.8, 1, 1]);
  const last = { samples: 5, at: 0 };
  expect([0, 10_000, 35_000, 60_000, 90_000].map((ms) => trustIn(last, ms))).toEqual([1, 1, 0.5, 0, 0]);
});

const seconds = fc.double({ min: 0.001, max: 30, noNaN: true });
const history = fc.array(seconds, { maxLength: 40 });

it('is between 0 and 100 whatever the times and errors are', () => {
  const samples = fc.array(
    fc.record(
      {
        time: fc.double({ min: 0, max: 1e6, noNaN: true }),
        errorShare: fc.double({ min: 0, max: 1, noNaN: true }),
      },
      { requiredKeys: ['errorShare'] },
    ),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(samples, (all) => {
      for (const score of scores(all)) expect(score >= 0 && score <= 100).toBe(true);
    }),
  );
});

it('never gets better by a slower answer, or by more errors', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(history, seconds, seconds, share, share, (before, a, b, few, many) => {
      const last = (time: number, errorShare: number): number =>
        scores([...before, { time, errorShare }]).at(-1) ?? NaN;
      const [fast, slow] = [Math.min(a, b), Math.max(a, b)];
      expect(last(slow, 0)).toBeLessThanOrEqual(last(fast, 0) + 1e-9);
      expect(last(a, Math.max(few, many))).toBeLessThanOrEqual(last(a, Math.min(few, many)) + 1e-9);
    }),
  );
});

it('does not fall at the start of a service whose answers take as long as ever', () => {
  fc.assert(
    fc.property(seconds, fc.integer({ min: 2, max: 40 }), (time, count) => {
      const all = scores(times(count, time));
      for (const [n, score] of all.entries()) expect(score).toBeGreaterThanOrEqual((all[n - 1] ?? 0) - 1e-9);
    }),
  );
});
