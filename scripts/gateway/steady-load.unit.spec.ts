import { expect, it } from 'vitest';
import { type Failure, unexcused } from './steady-load.js';

const kills = [{ begunMs: 1_000, doneMs: 1_100 }];
const failure = (method: Failure['method'], sentMs: number, endedMs: number): Failure => ({
  ...{ method, sentMs, endedMs, why: '502' },
});

it('only a request that may not be sent again, and was in flight at a kill, may fail', () => {
  const excused = [failure('POST', 900, 1_050), failure('POST', 1_090, 1_101)];
  const others = [
    failure('GET', 900, 1_050),
    failure('POST', 800, 950),
    failure('POST', 1_101, 1_110),
    failure('POST', 1_050, 2_200),
  ];
  expect(unexcused([...excused, ...others], kills)).toEqual(others);
  expect(unexcused(excused, [])).toEqual(excused);
});
