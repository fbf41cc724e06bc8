import { expect, it } from 'vitest';
import { excerpts } from '../../sim/scaling/loads.js';
import { flapsOf } from '../../sim/scaling/flaps.js';
import { printedReal } from './real-report.js';
import type { RealFigures } from './real-run.js';

const SECONDS = 20;
const [load] = excerpts();
const real = (given: Partial<RealFigures>): RealFigures => ({
  ...{ load: load?.name ?? '', scaler: 'real, concurrency', secondsOver: 0, instanceSeconds: 100 },
  ...{ flaps: 0, changes: 1, most: 6, last: 6, sent: 2_000, failed: 0, failures: [], p95Ms: 300 },
  ...given,
});
const round = (servingMs: number) => ({ decidedMs: 1_000, servingMs, failed: 0, hops: [] });
const woken = (afterHealthyMs: number) => ({
  ...{ answeredMs: 500 + afterHealthyMs, healthyMs: 500, afterHealthyMs },
  hops: [{ at: 5, channel: 'traffic_wakes', payload: '' }],
});
const goalsOf = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('goal: '));

it('says which goals are met by the medians, and how far the simulator is from the real run', () => {
  const measured = { overload: [9_000, 3_000, 4_000].map(round), wakes: [400, 50, 60].map(woken) };
  const { text, areMet } = printedReal({ ...measured, loads: [] }, { seconds: SECONDS });
  expect([areMet, ...goalsOf(text)]).toEqual([
    true,
    'goal: overload: a new instance serves after 4000 ms (median of 3), at most 5000 .. met',
    'goal: overload: 0 requests failed, none may .. met',
    'goal: from zero: answered 60 ms after the first healthy answer (median of 3), at most 150 .. met',
  ]);
  expect(text).toMatch(/traffic_wakes +5 +5/);
});

it('a request that failed, and a simulator that is far off, are goals that are missed', () => {
  const loads = [real({ failed: 1, instanceSeconds: 1_000 })];
  const { text, areMet } = printedReal({ overload: [], wakes: [], loads }, { seconds: SECONDS });
  expect(areMet).toBe(false);
  expect(goalsOf(text).filter((line) => line.endsWith('MISSED'))).toHaveLength(2);
  expect(text).toContain('1 of 2000 requests failed, none may .. MISSED');
});

it('a change is a flap if it takes back one of the other direction within two minutes', () => {
  const at = (seconds: number, by: number) => ({ at: seconds * 1_000, by });
  expect(flapsOf([at(0, 2), at(60, -1), at(119, 1), at(300, -1)])).toBe(2);
});
