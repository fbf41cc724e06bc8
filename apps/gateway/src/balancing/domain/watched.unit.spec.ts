import { describe, expect, it } from 'vitest';
import type { ServerCounters, ServerFigures } from '../../data-plane/domain/server-figures.js';
import { errorShareOf, latencyOf, type ResponseTimes, unwatched, watched, type Watched } from './watched.js';

const ZERO: ServerCounters = {
  ...{ requests: 0, answers: 0, failedAnswers: 0, lost: 0, aborts: 0, bytesIn: 0, bytesOut: 0 },
};
const figures = (counters: Partial<ServerCounters>, more: Partial<ServerFigures> = {}): ServerFigures => ({
  ...{ name: 'i1', source: 'worker-1 least-1/1', inFlight: 0, queued: 0, isUp: true },
  counters: { ...ZERO, ...counters },
  ...more,
});

/** Looks at these figures, one each half second. */
function looked(all: readonly ServerFigures[], times: readonly (ResponseTimes | undefined)[] = []): Watched {
  return all.reduce((before, one, index) => watched(before, one, index * 500, times[index]), unwatched(0));
}

describe('rates', () => {
  it('are those of the time between two looks, and fade with the seconds', () => {
    const now = looked([figures({}), figures({ requests: 50, answers: 40, failedAnswers: 10, lost: 10 })]);
    expect(now.requestsPerSecond).toBeCloseTo(100 * (1 - 0.5 ** 0.25));
    expect(now).toMatchObject({ ended: 50, failed: 20 });
    expect(errorShareOf(now)).toBeCloseTo(20 / 51);
  });

  it.each([
    ['HAProxy was reloaded', figures({ requests: 5, answers: 5 }, { source: 'worker-2 least-1/1' })],
    ['a counter began anew', figures({ requests: 5, answers: 5 })],
  ])('are none below zero: %s', (_, after) => {
    const before = looked([figures({}), figures({ requests: 100, answers: 100 })]);
    const now = watched(before, after, 1_000);
    expect(now).toMatchObject({ requestsPerSecond: before.requestsPerSecond, ended: 100, failed: 0 });
    const next = watched(now, { ...after, counters: { ...after.counters, requests: 6, answers: 6 } }, 1_500);
    expect(next.ended).toBeGreaterThan(1);
    expect(next.ended).toBeLessThan(100);
  });

  it('an answer that was tried again elsewhere is an error of the instance', () => {
    expect(looked([figures({}), figures({ requests: 9, lost: 9 })])).toMatchObject({ ended: 9, failed: 9 });
  });
});

describe('response times', () => {
  const logs = (...ms: readonly number[]): ResponseTimes => ({
    count: ms.length,
    sumOfLogs: ms.reduce((sum, one) => sum + Math.log1p(one), 0),
  });

  it('are those of the log: a few long ones among many do not count for more', () => {
    const now = looked(
      [figures({}), figures({ requests: 100 })],
      [undefined, logs(...Array<number>(99).fill(10), 10_000)],
    );
    expect(latencyOf(now)).toBeGreaterThan(10);
    expect(latencyOf(now)).toBeLessThan(11);
  });

  it('are those that HAProxy has, without a log', () => {
    const now = looked([figures({}), figures({ requests: 4, answers: 4 }, { responseMs: 30 })]);
    expect(latencyOf(now)).toBeCloseTo(30);
  });

  it('stay known while no request comes', () => {
    let now = looked([figures({}), figures({ requests: 4, answers: 4 }, { responseMs: 30 })]);
    for (let look = 2; look < 10_000; look += 1)
      now = watched(now, figures({ requests: 4, answers: 4 }, { responseMs: 30 }), look * 500);
    expect(latencyOf(now)).toBeCloseTo(30);
    expect(now).toMatchObject({ ended: 0, requestsPerSecond: 0 });
  });
});

describe('silence', () => {
  const silentMs = ({ silence }: Watched): number | undefined =>
    silence?.sinceMs === undefined ? undefined : silence.forMs;

  it('begins with the first request that is not answered', () => {
    const stalled = (requests: number) =>
      figures({ requests, answers: 10, bytesOut: 1_000 }, { inFlight: requests - 10 });
    const first = looked([figures({}), figures({ requests: 10, answers: 10, bytesOut: 1_000 })]);
    expect(silentMs(first)).toBeUndefined();
    const now = [stalled(12), stalled(13), stalled(13)].reduce(
      (before, one, index) => watched(before, one, 1_000 + 500 * index),
      first,
    );
    expect(now.waiting).toBe(3);
    expect(silentMs(now)).toBe(1_500);
  });

  it('a request that came with the last answers counts, though no other comes', () => {
    const all = [figures({}), figures({ requests: 11, answers: 10 }, { inFlight: 1 })];
    const now = looked([...all, ...Array<ServerFigures>(3).fill(all[1] as ServerFigures)]);
    expect(silentMs(now)).toBe(1_500);
  });

  it('of a request that came before the first look was never seen', () => {
    const first = figures({ requests: 12, answers: 10, lost: 1 }, { inFlight: 3 });
    expect(silentMs(looked([first, first, first]))).toBe(1_000);
    expect(
      silentMs(looked([figures({}), first].map((one) => ({ ...one, source: `worker-${one.inFlight}` })))),
    ).toBe(0);
    const streams = figures({ requests: 5, answers: 5 }, { inFlight: 5 });
    expect(silentMs(looked([streams, streams]))).toBeUndefined();
  });

  it('goes on through clients that leave, and one that waits next', () => {
    const waits = figures({ requests: 1 }, { inFlight: 1 });
    const left = figures({ requests: 1, aborts: 1 });
    const next = figures({ requests: 2, aborts: 1 }, { inFlight: 1 });
    const now = looked([figures({}), waits, waits, left, left, next]);
    expect(now.silence).toMatchObject({ sinceMs: 2_000, forMs: 1_500, inVainMs: 500, left: 1 });
    const late = watched(looked([figures({}), waits, left]), left, 120_000);
    expect(late.silence).toBeUndefined();
  });

  it('streams whose clients leave are no requests that waited in vain', () => {
    const all = [
      figures({}),
      figures({ requests: 5, answers: 4 }, { inFlight: 5 }),
      figures({ requests: 5, answers: 4, aborts: 3 }, { inFlight: 2 }),
    ];
    expect(looked(all).silence?.left).toBe(1);
  });

  it.each([
    [
      'WebSockets and streams of events, which were answered',
      figures({ requests: 5, answers: 5 }, { inFlight: 5 }),
    ],
    ['a body that is on its way', figures({ requests: 1, bytesIn: 1_000_000 }, { inFlight: 1 })],
    ['clients that left', figures({ requests: 5, aborts: 5 })],
  ])('is none: %s', (_, now) => {
    const all = [figures({}), now];
    expect(silentMs(looked(all)) ?? 0).toBe(0);
  });
});
