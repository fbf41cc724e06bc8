import { describe, expect, it } from 'vitest';
import type { ObservedInstance, ObservedNode } from '#libs/observations';
import { minuteOfSeconds, type NodeMinute } from './domain/minute.js';
import { MinuteWriter } from './write-minutes.js';

const BEGIN = Date.parse('2026-01-01T10:00:00.000Z');

function instance(cpu: number | null): ObservedInstance {
  return {
    instance: 'shop-web-1',
    identity: { container: 'c', appId: 'shop', service: 'web', release: 'r' },
    usage:
      cpu === null ? null : { cpu, memoryBytes: 100, throttled: { share: cpu / 2, secondsPerSecond: 0 } },
  };
}

function second(atMs: number, changes: Partial<ObservedNode> = {}): ObservedNode {
  return {
    ...{ node: 'node-1', fence: 1, sequence: 1, observedAt: new Date(atMs).toISOString() },
    host: {
      ...{ seconds: 1, cpu: { user: 1, system: 0.5, iowait: 3, steal: 0 }, load1: 0 },
      ...{ memoryAvailableBytes: 400, swapUsedBytes: 0 },
    },
    sizes: { cpus: 2, memoryBytes: 1_000, swapBytes: 0 },
    instances: new Map(),
    others: { count: 1, cpu: 0.25, memoryBytes: 50 },
    ...changes,
  };
}

describe('a minute', () => {
  it('has mean, maximum and p95 of the seconds that were observed', () => {
    const cpus = Array.from({ length: 20 }, (_, n) => n);
    const [first, ...rest] = cpus.map((cpu, n) =>
      second(BEGIN + n * 1_000, { instances: new Map([['shop-web-1', instance(cpu)]]) }),
    ) as [ObservedNode, ...ObservedNode[]];
    const minute = minuteOfSeconds([first, ...rest]);
    expect(minute).toMatchObject({ node: 'node-1', fence: 1, minuteMs: BEGIN, seconds: 20 });
    expect(minute.instances).toMatchObject([
      { instance: 'shop-web-1', seconds: 20, cpu: [9.5, 19, 18], memory: [100, 100, 100] },
    ]);
    expect(minute.instances[0]?.throttled).toEqual([4.75, 9.5, 9]);
    expect(minute.host).toMatchObject({ cpu: [1.5, 1.5, 1.5], memory: [600, 600, 600], diskRead: undefined });
    expect(minute.others).toEqual({ cpu: [0.25, 0.25, 0.25], memory: [50, 50, 50] });
  });

  it('leaves out the seconds in which an instance could not be read, and one that never could', () => {
    const minute = minuteOfSeconds([
      second(BEGIN, { instances: new Map([['shop-web-1', instance(2)]]) }),
      second(BEGIN + 1_000, { instances: new Map([['shop-web-1', instance(null)]]) }),
    ]);
    expect(minute.instances).toMatchObject([{ seconds: 1, cpu: [2, 2, 2] }]);
    expect(
      minuteOfSeconds([second(BEGIN, { instances: new Map([['x', instance(null)]]) })]).instances,
    ).toEqual([]);
  });
});

describe('MinuteWriter', () => {
  function writerAt() {
    const stored: (readonly NodeMinute[])[] = [];
    const state = { nowMs: BEGIN, fails: false };
    const errors: unknown[] = [];
    const writer = new MinuteWriter({
      minutes: {
        async store(minutes) {
          if (state.fails) throw new Error('away');
          stored.push(minutes);
        },
      },
      now: () => new Date(state.nowMs),
      onError: (error) => errors.push(error),
    });
    return { writer, stored, state, errors };
  }

  it('stores the minutes of all nodes together, once each, when they are complete', async () => {
    const { writer, stored, state } = writerAt();
    for (const node of ['a', 'b']) writer.observed(second(BEGIN + 59_000, { node }));
    writer.observed(second(BEGIN + 60_000, { node: 'a' }));
    state.nowMs = BEGIN + 62_000;
    await writer.write();
    expect(stored).toEqual([]);
    state.nowMs = BEGIN + 63_000;
    await writer.write();
    await writer.write();
    expect(stored.map((minutes) => minutes.map(({ node }) => node))).toEqual([['a', 'b']]);
  });

  it('a take-over begins another row of the same minute', async () => {
    const { writer, stored, state } = writerAt();
    for (const fence of [1, 2]) writer.observed(second(BEGIN, { fence }));
    state.nowMs = BEGIN + 70_000;
    await writer.write();
    expect(stored[0]?.map(({ fence }) => fence)).toEqual([1, 2]);
  });

  it('keeps the newest ten of each node while the database is away, and stores them when it is back', async () => {
    const { writer, stored, state, errors } = writerAt();
    state.fails = true;
    for (let minute = 0; minute < 15; minute += 1) {
      writer.observed(second(BEGIN + minute * 60_000));
      state.nowMs = BEGIN + (minute + 2) * 60_000;
      await writer.write();
    }
    expect(errors).toHaveLength(15);
    state.fails = false;
    await writer.write();
    expect(stored.map((minutes) => minutes.map(({ minuteMs }) => (minuteMs - BEGIN) / 60_000))).toEqual([
      [5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
    ]);
  });
});
