import { expect, it } from 'vitest';
import type { FeedEntry } from '#libs/contracts';
import { pauseMs } from './reconnecting.js';
import { Undelivered } from './undelivered.js';

const there = (name: string, port: number): FeedEntry => ({
  ...{ kind: 'instance', name },
  instance: { appId: 'shop', service: 'web', state: 'running', address: '10.0.0.1', port },
});
const gone = (name: string): FeedEntry => ({ kind: 'instance', name });
const news = (revision: number, isWhole: boolean, ...entries: readonly FeedEntry[]) => ({
  ...{ revision, isWhole, entries },
});

it('news that wait become one, with the newest of each thing', () => {
  const waiting = new Undelivered();
  expect(waiting.take()).toBeUndefined();
  for (let n = 1; n <= 1_000; n += 1) waiting.add(news(n, false, there('a', n)));
  waiting.add(news(1_001, false, gone('b')));
  expect(waiting.take()).toEqual(news(1_001, false, there('a', 1_000), gone('b')));
  expect(waiting.take()).toBeUndefined();
});

it('a snapshot replaces what waited, and is whole with the changes behind it', () => {
  const waiting = new Undelivered();
  waiting.add(news(1, false, there('a', 1)));
  waiting.add(news(2, true, there('b', 1), there('c', 1)));
  waiting.add(news(3, false, gone('b')));
  expect(waiting.take()).toEqual(news(3, true, gone('b'), there('c', 1)));
});

it('what could not be told stands before what came meanwhile', () => {
  const waiting = new Undelivered();
  const failed = news(2, true, there('a', 1), there('b', 1));
  waiting.add(news(3, false, there('a', 2)));
  waiting.giveBack(failed);
  expect(waiting.take()).toEqual(news(3, true, there('a', 2), there('b', 1)));
  waiting.add(news(5, true, there('c', 1)));
  waiting.giveBack(failed);
  expect(waiting.take()).toEqual(news(5, true, there('c', 1)));
});

it('pauses begin with about a second, double, and stay below 75 s', () => {
  expect([0, 1, 2, 3].map((failures) => pauseMs(failures, 0.5))).toEqual([1_000, 2_000, 4_000, 8_000]);
  expect(pauseMs(0, 0)).toBe(750);
  expect(pauseMs(6, 0.5)).toBe(60_000);
  expect(pauseMs(1_000, 1)).toBe(75_000);
});
