import { expect, it } from 'vitest';
import { scalingPolicySchema } from './scaling-policy.js';
import { boundsAt, nextChangeOfBounds, openWindows } from './scaling-windows.js';

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(text);

const policyWith = (...windows: object[]) =>
  scalingPolicySchema.parse({ max: 10, targets: { cpu: 70 }, windows });

const office = {
  ...{ cron: '0 8 * * 1-5', timezone: 'Europe/Berlin', durationMs: 10 * HOUR },
  ...{ min: 3, max: 20 },
};

it.each([
  ['the millisecond before it opens', '2026-11-30T06:59:59.999Z', { min: 1, max: 10 }],
  ['when it opens', '2026-11-30T07:00:00.000Z', { min: 3, max: 20 }],
  ['in its last millisecond', '2026-11-30T16:59:59.999Z', { min: 3, max: 20 }],
  ['when it closes', '2026-11-30T17:00:00.000Z', { min: 1, max: 10 }],
  ['on another day', '2026-11-29T09:00:00.000Z', { min: 1, max: 10 }],
  ['an hour earlier in summer', '2026-07-01T06:00:00.000Z', { min: 3, max: 20 }],
])('%s the bounds of a window count or do not', (_, now, bounds) => {
  expect(boundsAt(policyWith(office), at(now))).toEqual(bounds);
});

it('a window is open for as long as it says where summer time begins within', () => {
  const policy = policyWith({
    ...{ cron: '0 1 * * 0', timezone: 'Europe/Berlin', durationMs: 4 * HOUR, min: 2 },
  });
  const opens = at('2026-03-29T00:00:00Z');
  expect(boundsAt(policy, opens)).toEqual({ min: 2, max: 10 });
  expect(boundsAt(policy, opens + 4 * HOUR - 1)).toEqual({ min: 2, max: 10 });
  expect(boundsAt(policy, opens + 4 * HOUR)).toEqual({ min: 1, max: 10 });
});

it('a window opens where the clock skips its time', () => {
  const policy = policyWith({
    ...{ cron: '30 2 * * *', timezone: 'Europe/Berlin', durationMs: HOUR, min: 2 },
  });
  // 02:30 does not exist on that day.
  expect(boundsAt(policy, at('2026-03-29T01:45:00Z')).min).toBe(2);
});

it('of several open windows the highest bounds count', () => {
  const policy = policyWith(office, {
    ...{ cron: '0 9 * * *', timezone: 'Europe/Berlin', durationMs: HOUR, min: 5, max: 8 },
  });
  const now = at('2026-11-30T08:30:00Z');
  expect(openWindows(policy, now)).toHaveLength(2);
  expect(boundsAt(policy, now)).toEqual({ min: 5, max: 20 });
});

it('a window that opens again before it closes stays open', () => {
  const policy = policyWith({ cron: '0 * * * *', durationMs: 2 * HOUR, min: 2 });
  for (const minute of [0, 30, 59])
    expect(boundsAt(policy, at('2026-11-30T08:00:00Z') + minute * 60_000).min).toBe(2);
});

it('the next change is the next opening or closing', () => {
  const policy = policyWith(office);
  expect(nextChangeOfBounds(policy, at('2026-11-30T06:00:00Z'))).toBe(at('2026-11-30T07:00:00Z'));
  expect(nextChangeOfBounds(policy, at('2026-11-30T07:00:00Z'))).toBe(at('2026-11-30T17:00:00Z'));
  expect(nextChangeOfBounds(policyWith(), 0)).toBeUndefined();
});
