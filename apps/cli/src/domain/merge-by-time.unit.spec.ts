import { expect, it } from 'vitest';
import { mergeByTime } from './merge-by-time.js';

const at = (seconds: number, name: string) => ({ at: new Date(seconds * 1000).toISOString(), name });
const names = (...lists: Parameters<typeof mergeByTime<ReturnType<typeof at>>>[0]): string =>
  mergeByTime(lists)
    .map(({ name }) => name)
    .join('');

it('the tail of several partitions is not the newest: the merged one is', () => {
  expect(names([at(1, 'a'), at(4, 'd'), at(5, 'e')], [at(2, 'b'), at(3, 'c')], [])).toBe('abcde');
  expect(names()).toBe('');
});

it('what one partition has first stays first, whatever the clocks of the writers say', () => {
  expect(names([at(9, 'a'), at(2, 'b')], [at(3, 'c')])).toBe('cab');
});
