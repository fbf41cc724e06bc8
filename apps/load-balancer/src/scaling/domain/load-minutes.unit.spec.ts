import { expect, it } from 'vitest';
import { sampleOf } from './figures.js';
import { LoadMinutes, MINUTE_MS } from './load-minutes.js';
import { type Recorded, recordOf } from './recorded.js';
import { figuresOf, T0, traffic } from './scaling.testing.js';

const DAY = 1_440;

function minute(index: number, requestsPerSecond: number): Recorded {
  const at = T0 + index * MINUTE_MS;
  const figures = figuresOf(2, { cpuPercent: 40 }, { traffic: traffic({ requestsPerSecond }) });
  const recorded = recordOf([{ current: 2, seen: 60, sample: sampleOf(figures, at) }], at, 60);
  if (recorded === undefined) throw new Error('nothing recorded');
  return recorded;
}
const at = (index: number): number => T0 + index * MINUTE_MS;
const loads = (minutes: LoadMinutes, index: number) => Array.from(minutes.until(at(index)).requestsPerSecond);

it('has the minutes before a time, with gaps where nothing was recorded', () => {
  const minutes = new LoadMinutes();
  minutes.add([minute(0, 10), minute(1, 11), minute(3, 13)]);
  expect(loads(minutes, 2)).toEqual([10, 11]);
  expect(loads(minutes, 5)).toEqual([10, 11, NaN, 13, NaN]);
  expect(minutes.until(at(2)).cpu[0]).toBe(80);
  expect(loads(new LoadMinutes(), 5)).toEqual([]);
  expect(loads(minutes, 0)).toEqual([]);
});

it('a minute that comes late takes its place, and one that comes again is written over', () => {
  const minutes = new LoadMinutes();
  minutes.add([minute(0, 10), minute(2, 12)]);
  minutes.add([minute(1, 11), minute(2, 22)]);
  expect(loads(minutes, 3)).toEqual([10, 11, 22]);
});

it('forgets what is older than four weeks, however long it runs', () => {
  const minutes = new LoadMinutes();
  for (let day = 0; day < 40; day += 1) minutes.add([minute(day * DAY, day)]);
  const known = loads(minutes, 39 * DAY + 1);
  expect(known).toHaveLength(28 * DAY);
  expect(known.at(-1)).toBe(39);
  expect(known.filter((load) => !Number.isNaN(load))).toEqual(Array.from({ length: 28 }, (_, n) => n + 12));
  // After a year without any, of before there is nothing left.
  minutes.add([minute(400 * DAY, 7)]);
  expect(loads(minutes, 400 * DAY + 1).filter((load) => !Number.isNaN(load))).toEqual([7]);
});
