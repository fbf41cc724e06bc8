import { expect, it } from 'vitest';
import type { Verdict } from './domain/verdict.js';
import { FleetAnswers } from './domain/fleet-answers.js';
import { LivenessWatch } from './watch-liveness.js';

const ALIVE: Verdict = { state: 'alive', since: '2026-01-01T00:00:00.000Z' };

/** A node whose answers the test gives. */
function nodeUnderTest({ kernelAnswers = true } = {}) {
  const asked: number[] = [];
  const verdicts: Verdict[] = [];
  const node = { reaches: () => Promise.resolve(), asks: () => Promise.resolve() };
  const answers = new FleetAnswers();
  const watch = new LivenessWatch(
    {
      fleet: {
        answered: () => answers.answered('this'),
        missed: () => answers.missed('this'),
        isInDoubt: () => answers.isInDoubt('this'),
      },
      node: {
        kernelAnswers,
        reach: () => node.reaches(),
        ask: (limitMs) => (asked.push(limitMs), node.asks()),
      },
      now: () => new Date(0),
      onVerdict: (verdict) => verdicts.push(verdict),
    },
    ALIVE,
  );
  return { node, watch, asked, verdicts, answers };
}
const cut = (): Promise<void> => Promise.reject(new Error('it does not answer'));

it('a node whose kernel does not answer three times is unreachable, and nothing else of it is asked', async () => {
  const { node, watch, asked, verdicts } = nodeUnderTest();
  node.reaches = cut;
  await watch.silent();
  await watch.silent();
  expect(verdicts).toEqual([]);
  await watch.silent();
  expect(verdicts).toEqual([
    { state: 'unreachable', reason: 'it does not answer', since: new Date(0).toISOString() },
  ]);
  expect(asked).toEqual([]);
});

it('a busy node whose kernel answers is asked again with more time, and stays alive while it is only slow', async () => {
  const { node, watch, asked, verdicts } = nodeUnderTest();
  node.asks = cut;
  await watch.silent();
  await watch.silent();
  let answer = (): void => undefined;
  node.asks = () => new Promise((resolve) => (answer = resolve));
  const slow = watch.silent();
  for (let second = 0; second < 7; second += 1) await watch.silent();
  answer();
  await slow;
  expect(asked).toEqual([2_000, 4_000, 8_000]);
  expect(verdicts).toEqual([]);
});

it('a node that is cut off while it is slow is found by its kernel; what was asked before counts no more', async () => {
  const { node, watch, verdicts } = nodeUnderTest();
  let fail = (_: Error): void => undefined;
  node.asks = () => new Promise((_, reject) => (fail = reject));
  const slow = watch.silent();
  await Promise.resolve();
  await Promise.resolve();
  node.reaches = cut;
  await watch.silent();
  await watch.silent();
  fail(new Error('too late'));
  await slow;
  expect(verdicts).toEqual([]);
  await watch.silent();
  expect(verdicts).toMatchObject([{ state: 'unreachable', reason: 'it does not answer' }]);
});

it('a node behind a jump host is asked through it', async () => {
  const { node, watch, asked, verdicts } = nodeUnderTest({ kernelAnswers: false });
  node.asks = cut;
  for (let second = 0; second < 3; second += 1) await watch.silent();
  expect(asked).toEqual([1_000, 1_250, 1_500]);
  expect(verdicts).toMatchObject([{ state: 'unreachable' }]);
});

it('a look that is answered, however late, is good', async () => {
  const { node, watch, verdicts } = nodeUnderTest();
  node.reaches = cut;
  for (let second = 0; second < 12; second += 1) {
    await watch.silent();
    watch.answered();
  }
  expect(verdicts).toEqual([]);
});

it('a replica that could not ask, for want of open files, said of nodes that they do not answer', async () => {
  const { node, watch, asked, verdicts } = nodeUnderTest();
  const failing = (code: string) => (): Promise<void> =>
    Promise.reject(new Error('cannot be reached', { cause: Object.assign(new Error(code), { code }) }));
  node.reaches = failing('EMFILE');
  for (let second = 0; second < 10; second += 1) await watch.silent();
  node.reaches = () => Promise.resolve();
  node.asks = failing('ENOBUFS');
  for (let second = 0; second < 10; second += 1) await watch.silent();
  expect(verdicts).toEqual([]);
  expect(asked).toHaveLength(10);
  node.reaches = failing('ECONNREFUSED');
  for (let second = 0; second < 3; second += 1) await watch.silent();
  expect(verdicts).toMatchObject([{ state: 'unreachable' }]);
});

it('nodes that were all slow to log in were all said not to answer: each has more time where many are silent', async () => {
  const { node, watch, asked, verdicts, answers } = nodeUnderTest();
  for (const other of ['a', 'b', 'c']) answers.missed(other);
  node.asks = cut;
  for (let second = 0; second < 2; second += 1) await watch.silent();
  answers.answered('a');
  await watch.silent();
  expect(asked).toEqual([16_000, 32_000, 8_000]);
  expect(verdicts).toMatchObject([{ state: 'unreachable' }]);
  expect(answers.isInDoubt('d')).toBe(true);
  await watch.silent();
  watch.answered();
  expect(answers.isInDoubt('d')).toBe(false);
});
