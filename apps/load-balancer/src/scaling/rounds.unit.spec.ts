import { expect, it } from 'vitest';
import { Rounds } from './rounds.js';

function roundsOf(results: readonly ('well' | 'failed')[] = []) {
  const begun: number[] = [];
  const failures: unknown[] = [];
  let nowMs = 0;
  const rounds = new Rounds({
    async round() {
      begun.push(nowMs);
      await Promise.resolve();
      if (results[begun.length - 1] === 'failed') throw new Error('away');
    },
    onFailed: (error) => failures.push(error),
    ...{ leastMs: 700, monotonicMs: () => nowMs },
  });
  return { rounds, begun, failures, at: (ms: number) => (nowMs = ms) };
}

it('new figures begin a round, but not right after the last one', async () => {
  const { rounds, begun, at } = roundsOf();
  await rounds.soon();
  at(699);
  await rounds.soon();
  at(700);
  await rounds.soon();
  expect(begun).toEqual([0, 700]);
});

it('what is due at once while a round is under way gets one of its own', async () => {
  const { rounds, begun } = roundsOf();
  rounds.atOnce();
  rounds.atOnce();
  rounds.atOnce();
  await rounds.ended();
  expect(begun).toEqual([0, 0]);
});

it('failures in a row are said once', async () => {
  const { rounds, failures, at } = roundsOf(['failed', 'failed', 'well', 'failed']);
  for (const ms of [0, 1_000, 2_000, 3_000]) {
    at(ms);
    await rounds.soon();
  }
  expect(failures).toHaveLength(2);
});
