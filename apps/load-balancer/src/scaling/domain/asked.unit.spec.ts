import { expect, it } from 'vitest';
import { answered, type Asking, ASKED_MS, countNow, mayAsk, REST_MS, SHOWN_MS, stillAsked } from './asked.js';

const T0 = 1_000_000;
const asking: Asking = { asked: { token: 't', count: 3, at: T0 } };

it('what was asked for counts until the spec says so, or the time for that is over', () => {
  expect(countNow(1, asking, T0 + 1_000)).toBe(3);
  expect(stillAsked(asking, 3, T0 + 1_000)).toEqual({});
  expect(countNow(1, asking, T0 + ASKED_MS)).toBe(1);
});

it('a count that somebody else set after it was done counts within seconds', () => {
  const done = answered(asking, true, T0 + 2_000);
  expect(countNow(1, done, T0 + 2_000 + SHOWN_MS - 1)).toBe(3);
  const later = answered(done, true, T0 + 4_000);
  expect(later).toBe(done);
  expect(countNow(1, later, T0 + 2_000 + SHOWN_MS)).toBe(1);
  expect(mayAsk(2, 1, stillAsked(later, 1, T0 + 2_000 + SHOWN_MS), T0 + 2_000 + SHOWN_MS)).toBe(true);
});

it('one that failed is not asked for again at once', () => {
  const failed = answered(asking, false, T0);
  expect(countNow(1, failed, T0)).toBe(1);
  expect([mayAsk(3, 1, failed, T0 + REST_MS - 1), mayAsk(3, 1, failed, T0 + REST_MS)]).toEqual([false, true]);
});
