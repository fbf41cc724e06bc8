import { expect, it } from 'vitest';
import { sampleOf } from './domain/figures.js';
import { type Recorded, recordOf } from './domain/recorded.js';
import { figuresOf, policyOf, traffic } from './domain/scaling.testing.js';
import type { KeptFigures } from './ports.js';
import { replayPolicies } from './replay-policies.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MIDNIGHT = Date.parse('2026-01-05T00:00:00Z');
const web = { appId: 'shop', service: 'web' };

/** Each day at nine the load rises to six times within ten minutes; it falls at five. */
function loadAt(at: number): number {
  const minute = ((at - MIDNIGHT) % DAY_MS) / 60_000;
  if (minute < 540 || minute >= 1_020) return 20;
  return 20 + 100 * Math.min(1, (minute - 540) / 10);
}

function minuteAt(at: number, more: object = {}): Recorded {
  const load = loadAt(at);
  const figures = figuresOf(
    2,
    {},
    { traffic: traffic({ requestsPerSecond: load, inFlight: load }), kafkaLag: 5_000 },
  );
  const recorded = recordOf([{ current: 2, seen: 60, sample: sampleOf(figures, at) }], at, 60);
  if (recorded === undefined) throw new Error('nothing recorded');
  return { ...recorded, ...more };
}

const minutesBetween = (from: number, to: number): readonly Recorded[] =>
  Array.from({ length: Math.max(0, (to - from) / 60_000) }, (_, n) => minuteAt(from + n * 60_000));

/** So many days are kept. */
const keptFor = (days: number): KeptFigures => {
  const read = (_: object, from: number, to: number) =>
    Promise.resolve(minutesBetween(Math.max(from, MIDNIGHT), Math.min(to, MIDNIGHT + days * DAY_MS)));
  return { finest: read, minutes: read };
};

const calm = { panic: { percent: 200, windowMs: 60_000 }, in: { cooldownMs: 60_000 } };
const reactive = policyOf({ targets: { requestsPerSecond: 20 }, ...calm });
const predicting = policyOf({ ...calm, targets: { requestsPerSecond: 20 }, prediction: 'on' });

it('a proposed prediction is replayed with the forecasts of the time, from the days before', async () => {
  const wish = { ...web, proposed: predicting, present: reactive, startMs: 90_000 };
  const from = MIDNIGHT + 3 * DAY_MS + 7 * HOUR_MS;
  const { proposed, present } = await replayPolicies(keptFor(4), { ...wish, from, to: from + 5 * HOUR_MS });
  expect(present?.overSeconds).toBeGreaterThan(300);
  expect(proposed.overSeconds).toBeLessThanOrEqual((present?.overSeconds ?? 0) / 2);
  expect(proposed.instanceHours).toBeLessThanOrEqual((present?.instanceHours ?? 0) * 1.1);
  expect(proposed.unresolved).toEqual([]);
});

it('where less than a day was kept before, a prediction is not resolved', async () => {
  const wish = { ...web, proposed: predicting, present: undefined, startMs: 5_000 };
  const { proposed, present } = await replayPolicies(keptFor(2), {
    ...{ ...wish, from: MIDNIGHT + DAY_MS - HOUR_MS, to: MIDNIGHT + DAY_MS + HOUR_MS },
  });
  expect(present).toBeUndefined();
  expect(proposed.unresolved).toEqual([
    {
      ...{ what: 'prediction', why: 'too little was recorded before for a forecast' },
      ...{ from: MIDNIGHT + DAY_MS - HOUR_MS, to: MIDNIGHT + DAY_MS },
    },
  ]);
});

it('what was recorded of another consumer group says nothing of a proposed one', async () => {
  const lagOf = (group: string) =>
    policyOf({ ...calm, targets: { kafkaLag: { group, topic: 'orders', perInstance: 1_000 } } });
  const wish = { ...web, proposed: lagOf('new'), present: lagOf('orders'), startMs: 5_000 };
  const { proposed, present } = await replayPolicies(keptFor(1), {
    ...{ ...wish, from: MIDNIGHT, to: MIDNIGHT + 600_000 },
  });
  expect(present?.most).toBe(5);
  expect(proposed.most).toBe(2);
  expect(proposed.unresolved).toMatchObject([
    { what: 'kafkaLag', why: 'no figure of this target was recorded' },
  ]);
});
