import { expect, it } from 'vitest';
import { ScoreLog } from './score-log.js';

const scored = (...names: readonly string[]) =>
  new Map(names.map((name) => [name, { overall: 50, state: 'MU' }]));
const namesOf = (answer: ReturnType<ScoreLog['since']>) => answer?.scores.map(({ name }) => name);

it('whoever takes a part at a time misses nothing and is told nothing twice', () => {
  const log = new ScoreLog();
  log.replace(scored('a', 'b', 'c'));
  const first = log.since(undefined, 2);
  expect(first).toMatchObject({ isWhole: true, isLast: false });
  log.replace(new Map([...scored('a', 'c'), ['b', { overall: 9, state: 'HU' }]]));
  const second = log.since(first?.revision, 2);
  expect(second).toMatchObject({ isWhole: false, isLast: true });
  expect([namesOf(first), namesOf(second)]).toEqual([
    ['a', 'b'],
    ['c', 'b'],
  ]);
  expect(namesOf(log.since(second?.revision, 2))).toEqual([]);
});

it('an instance that has no score any more is told so, and not to those who begin', () => {
  const log = new ScoreLog();
  log.replace(scored('a', 'b'));
  const known = log.since(undefined, 10)?.revision;
  log.replace(scored('b'));
  expect(log.since(known, 10)?.scores).toEqual([{ name: 'a' }]);
  expect(namesOf(log.since(undefined, 10))).toEqual(['b']);
});

it('whoever has missed more than is remembered is told all', () => {
  const log = new ScoreLog(2);
  log.replace(scored('a', 'b', 'c', 'd'));
  const known = log.since(undefined, 10)?.revision;
  log.replace(scored('d'));
  expect(log.since(known, 10)).toMatchObject({ isWhole: true, scores: [{ name: 'd' }] });
});

it('a score out of bounds is told as the nearest in them', () => {
  const log = new ScoreLog();
  log.replace(new Map([['a', { overall: 107.2, state: 'LU' }]]));
  expect(log.since(undefined, 1)?.scores).toEqual([{ name: 'a', score: 100, state: 'LU' }]);
});
