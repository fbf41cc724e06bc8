import { expect, it } from 'vitest';
import { rateOf } from './load-wave.js';

it('rises to its highest within half a period, and falls back', () => {
  const wave = { least: 2, most: 50, periodMs: 120_000 };
  expect([0, 30_000, 60_000, 90_000, 120_000].map((ms) => Math.round(rateOf(wave, ms)))).toEqual([
    ...[2, 26, 50, 26, 2],
  ]);
});
