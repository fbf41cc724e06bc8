import { expect, it } from 'vitest';
import { FleetAnswers } from './fleet-answers.js';

function fleet(answered: number, silent: number): FleetAnswers {
  const answers = new FleetAnswers();
  for (let n = 0; n < answered; n += 1) answers.answered(`good-${n}`);
  for (let n = 0; n < silent; n += 1) answers.missed(`bad-${n}`);
  return answers;
}

it.each([
  ['one that is alone', 0, 1, false],
  ['one of many', 1_000, 1, false],
  ['two of three', 1, 2, false],
  ['three of three others', 0, 4, true],
  ['a few of a thousand', 1_000, 20, false],
  ['a quarter of the others', 75, 26, true],
  ['less than a quarter of the others', 80, 26, false],
])('%s that does not answer', (_what, answered, silent, isInDoubt) => {
  expect(fleet(answered, silent).isInDoubt('bad-0')).toBe(isInDoubt);
});

it('counts the last answer of each node, and none of a node that is watched no longer', () => {
  const answers = fleet(4, 4);
  expect(answers.isInDoubt('good-0')).toBe(true);
  for (const node of ['bad-0', 'bad-1']) answers.answered(node);
  expect(answers.isInDoubt('good-0')).toBe(false);
  for (const node of ['bad-0', 'bad-0', 'bad-1']) answers.missed(node);
  expect(answers.isInDoubt('good-0')).toBe(true);
  for (const node of ['bad-0', 'bad-1', 'never-seen']) answers.forget(node);
  expect(answers.isInDoubt('good-0')).toBe(false);
});
