import { describe, expect, it } from 'vitest';
import { sampleOf } from './figures.js';
import { type Recorded, recordOf } from './recorded.js';
import { Ran, Replay } from './replay.js';
import { figuresOf, policyOf, T0, traffic, unlimited } from './scaling.testing.js';
import { Unresolvables } from './unresolved.js';

/** A record in which so many requests are under way at once; `at` in seconds. */
function record(at: number, inFlight: number, given: { current?: number; seconds?: number } = {}): Recorded {
  const { current = 2, seconds = 10 } = given;
  const figures = figuresOf(
    current,
    { cpuPercent: 50 },
    { traffic: traffic({ inFlight, requestsPerSecond: inFlight }) },
  );
  const sample = sampleOf(figures, T0 + at * 1_000);
  const recorded = recordOf([{ current, seen: seconds, sample }], T0 + at * 1_000, seconds);
  if (recorded === undefined) throw new Error('nothing recorded');
  return recorded;
}
const minutes = (count: number, inFlight: (second: number) => number): readonly Recorded[] =>
  Array.from({ length: count * 6 }, (_, index) => record(index * 10, inFlight(index * 10)));

function replayed(records: readonly Recorded[], policy = policyOf(), present = policy, startMs = 5_000) {
  const replay = new Replay({ policy, present, startMs, expected: () => undefined });
  for (const each of records) replay.add(each);
  return replay.outcome;
}

describe('a replay', () => {
  it('counts the hours of the instances that the policy would have had', () => {
    // 30 at once with 20 each: 2.
    expect(replayed(minutes(60, () => 30))).toMatchObject({
      ...{ instanceHours: 2, overSeconds: 0, changes: 0, flaps: 0, least: 2, most: 2, last: 2 },
    });
  });

  it('counts the time over the target until what was added takes requests', () => {
    const rise = minutes(10, (second) => (second < 60 ? 30 : 100));
    // Two decisions, since the first one sees a mean of 6 s.
    expect(replayed(rise)).toMatchObject({ overSeconds: 10, most: 5, changes: 2 });
    expect(replayed(rise, policyOf(), policyOf(), 30_000)).toMatchObject({ overSeconds: 35 });
  });

  it('judges both policies by the targets of the present one too', () => {
    const lax = policyOf({ targets: { concurrency: 60 } });
    const outcome = replayed(
      minutes(10, () => 100),
      lax,
      policyOf(),
    );
    expect(outcome).toMatchObject({ last: 2, overSeconds: 0, overPresentSeconds: 600 });
  });

  it('counts what is added and taken away in turn as flaps', () => {
    const swinging = minutes(10, (second) => (second % 60 < 30 ? 30 : 100));
    expect(replayed(swinging, unlimited()).flaps).toBeGreaterThan(10);
    expect(replayed(swinging).flaps).toBe(0);
  });

  it('starts an instance for the first request, and takes the last one away after idleMs', () => {
    const idle = minutes(10, (second) => (second < 120 || second >= 540 ? 30 : 0)).map((each) =>
      each.sample.concurrency === 0 ? { ...each, sample: { ...each.sample, requestsPerSecond: 0 } } : each,
    );
    const zero = unlimited({ min: 0, idleMs: 60_000 });
    expect(replayed(idle, zero)).toMatchObject({ least: 0, last: 2 });
  });

  it('is beside what really ran, by the same measures', () => {
    const ran = new Ran(policyOf());
    for (const each of minutes(60, () => 100)) ran.add(each);
    expect(ran.outcome).toMatchObject({ instanceHours: 2, overSeconds: 3_600, changes: 0 });
  });
});

describe('what kept figures cannot say', () => {
  const found = (policy: Parameters<typeof policyOf>[0], records: readonly Recorded[], ready = 2) => {
    const unresolved = new Unresolvables(
      policyOf({ panic: { percent: 200, windowMs: 60_000 }, ...policy }),
      T0,
    );
    for (const each of records) unresolved.add(each, ready);
    return unresolved
      .end(T0 + 600_000)
      .map(({ what, from, to }) => [what, (from - T0) / 1_000, (to - T0) / 1_000]);
  };

  it('are gaps, at the ends too', () => {
    expect(found({}, [record(60, 1), record(70, 1), record(100, 1)])).toEqual([
      ['gap', 0, 60],
      ['gap', 80, 100],
      ['gap', 110, 600],
    ]);
  });

  it('are times of the policy that are shorter than what a figure is the mean of', () => {
    const records = [
      ...minutes(5, () => 1),
      ...[300, 360, 420, 480, 540].map((at) => record(at, 1, { seconds: 60 })),
    ];
    expect(found({ panic: { percent: 200, windowMs: 6_000 } }, records)).toEqual(
      [
        ['in.cooldownMs', 300, 600],
        ['panic.windowMs', 0, 300],
        ['panic.windowMs', 300, 600],
      ].toSorted((a, b) => Number(a[1]) - Number(b[1]) || (String(a[0]) < String(b[0]) ? -1 : 1)),
    );
  });

  it('are targets of which nothing was recorded', () => {
    const kafkaLag = { group: 'g', topic: 't', perInstance: 10 };
    expect(
      found(
        { targets: { concurrency: 20, kafkaLag } },
        minutes(10, () => 1),
      ),
    ).toEqual([['kafkaLag', 0, 600]]);
  });

  it('are latencies of another count, and forecasts that lack figures', () => {
    const records = minutes(10, () => 1).map((each) => ({ ...each, sample: { ...each.sample, p95Ms: 90 } }));
    expect(found({ targets: { p95Ms: 100 } }, records)).toEqual([]);
    expect(found({ targets: { p95Ms: 100 } }, records, 3)).toEqual([['p95Ms', 0, 600]]);
    expect(found({ prediction: 'on' }, records)).toEqual([]);
    const unresolved = new Unresolvables(policyOf({ panic: { percent: 200, windowMs: 60_000 } }), T0);
    for (const each of records) unresolved.add(each, 2, each.at < T0 + 60_000);
    expect(unresolved.end(T0 + 600_000)).toMatchObject([{ what: 'prediction', from: T0, to: T0 + 60_000 }]);
  });
});
