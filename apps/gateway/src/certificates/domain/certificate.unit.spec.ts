import { expect, it } from 'vitest';
import { inWords, isCovered, renewAtMs, shareOf } from './certificate.js';

const DAY = 86_400_000;

it.each([90, 6, 397])('of %i days is renewed with a third of it left, or a thirtieth earlier', (days) => {
  const facts = { notBeforeMs: 0, notAfterMs: days * DAY };
  for (let n = 0; n < 200; n += 1) {
    const share = renewAtMs(facts, `host-${n}.example.com`) / (days * DAY);
    expect(share).toBeGreaterThanOrEqual(2 / 3 - 1 / 30);
    expect(share).toBeLessThanOrEqual(2 / 3);
  }
});

it('shares are spread evenly, so that hosts that began together are not renewed together', () => {
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let n = 0; n < 10_000; n += 1) {
    const tenth = Math.min(9, Math.floor(shareOf(`app-${n}.example.com`) * 10));
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  expect(Math.min(...tenths)).toBeGreaterThan(800);
  expect(Math.max(...tenths)).toBeLessThan(1_200);
});

it('a wildcard covers one label, and not the name itself', () => {
  const certificates = [{ names: ['*.example.com', 'www.example.org'] }];
  const hosts = ['a.example.com', 'example.com', 'a.b.example.com', 'www.example.org', 'example.org'];
  expect(hosts.filter((host) => isCovered(host, certificates))).toEqual(['a.example.com', 'www.example.org']);
});

it('times are said in days, or in hours where they are near', () => {
  expect([inWords(3 * DAY, 0), inWords(0, DAY), inWords(7_200_000, 0), inWords(0, 0)]).toEqual([
    ...['in 3 days', '1 day ago', 'in 2 hours', 'in 0 hours'],
  ]);
});
