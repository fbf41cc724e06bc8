import { expect, it, vi } from 'vitest';
import { sampleOf } from '../domain/figures.js';
import { type Recorded, recordOf } from '../domain/recorded.js';
import { figuresOf, policyOf, T0, traffic } from '../domain/scaling.testing.js';
import { KeptForecasts } from './kept-forecasts.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const web = { appId: 'shop', service: 'web' };
const policy = policyOf({ targets: { requestsPerSecond: 10 }, prediction: 'on' });

const minuteAt = (at: number): readonly Recorded[] => {
  const sample = sampleOf(figuresOf(1, {}, { traffic: traffic({ requestsPerSecond: 35 }) }), at);
  return [recordOf([{ current: 1, seen: 60, sample }], at, 60)].filter((record) => record !== undefined);
};
const between = (from: number, to: number): readonly Recorded[] =>
  Array.from({ length: (to - from) / MINUTE_MS }, (_, n) => minuteAt(from + n * MINUTE_MS)).flat();

const settled = () => new Promise(setImmediate);

it('four weeks are read once, by days, and then the latest minutes: not all of them every minute', async () => {
  const asked: (readonly [from: number, to: number])[] = [];
  const minutes = (_: object, from: number, to: number) => {
    asked.push([from, to]);
    return Promise.resolve(between(Math.max(from, T0 - 2 * DAY_MS), Math.max(to, T0 - 2 * DAY_MS)));
  };
  const forecasts = new KeptForecasts({
    ...{ figures: { minutes, finest: minutes }, onError: vi.fn() },
  });
  expect(forecasts.expected(web, policy, T0)).toBeUndefined();
  await vi.waitFor(() => expect(forecasts.expected(web, policy, T0 + 1_000)).toMatchObject({ count: 4 }));
  expect(asked).toHaveLength(28);
  expect(asked.every(([from, to]) => to - from === DAY_MS)).toBe(true);
  for (let minute = 1; minute <= 3; minute += 1) {
    forecasts.expected(web, policy, T0 + minute * MINUTE_MS);
    await settled();
  }
  expect(asked.slice(28).map(([from, to]) => (to - from) / MINUTE_MS)).toEqual([61, 61, 61]);
});

it('one that cannot be made is said, and is of no use once its time is over', async () => {
  const onError = vi.fn();
  const minutes = () => Promise.reject(new Error('no database'));
  const forecasts = new KeptForecasts({ figures: { minutes, finest: minutes }, onError });
  expect(forecasts.expected(web, policy, T0)).toBeUndefined();
  await vi.waitFor(() => expect(onError).toHaveBeenCalledTimes(1));
  expect(forecasts.expected(web, policy, T0 + MINUTE_MS)).toBeUndefined();
});
