import { describe, expect, it } from 'vitest';
import { dueHosts, pauseMs } from './order-times.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a host that fails', () => {
  it('is tried five times in any hour at most, which Let’s Encrypt takes, and twice a day in the end', () => {
    for (const host of ['a.example.com', 'b.example.com', 'c.example.com']) {
      const tries = [0];
      for (let failures = 1; failures < 20; failures += 1)
        tries.push((tries.at(-1) ?? 0) + pauseMs(failures, 5 * MINUTE, host));
      for (const begin of tries)
        expect(tries.filter((at) => at >= begin && at < begin + HOUR).length).toBeLessThanOrEqual(5);
      const last = (tries.at(-1) ?? 0) - (tries.at(-2) ?? 0);
      expect(last).toBeGreaterThanOrEqual(12 * HOUR);
      expect(last).toBeLessThanOrEqual(14.4 * HOUR);
    }
  });

  it('waits for its time, whether it has a certificate or not', () => {
    const tried = { failures: 1, nextMs: 100 };
    expect(dueHosts([{ host: 'a.example.com', tried }], 99)).toEqual([]);
    expect(dueHosts([{ host: 'a.example.com', tried }], 100)).toEqual(['a.example.com']);
  });
});

it('hosts without a certificate come first, then those whose certificate ends first', () => {
  const issued = (days: number) => ({ notBeforeMs: (days - 90) * DAY, notAfterMs: days * DAY });
  const candidates = [
    { host: 'late.example.com', issued: issued(20) },
    { host: 'new.example.com' },
    { host: 'well.example.com', issued: issued(80) },
    { host: 'soon.example.com', issued: issued(10) },
  ];
  expect(dueHosts(candidates, 0)).toEqual(['new.example.com', 'soon.example.com', 'late.example.com']);
});
