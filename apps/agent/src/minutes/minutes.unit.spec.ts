import { describe, expect, it } from 'vitest';
import type { ObservedInstance, ObservedNode } from '#libs/observations';
import { ScalingServices } from './domain/scaling.js';
import { GatheredSpan, type NodeSpan } from './domain/span.js';
import { FollowedScaling } from './follow-scaling.js';
import { SpanWriter, type SpanParts } from './write-spans.js';

const BEGIN = Date.parse('2026-01-01T10:00:00.000Z');

const WEB = { container: 'c', appId: 'shop', service: 'web', release: 'r' };

function instance(cpu: number | null): ObservedInstance {
  return {
    instance: 'shop-web-1',
    identity: WEB,
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

/** What seconds come to. */
function spanOf(seconds: readonly ObservedNode[]): NodeSpan {
  const gathered = new GatheredSpan({ node: 'node-1', fence: 1, beginMs: BEGIN });
  for (const one of seconds) gathered.add(one);
  return gathered.span();
}

describe('a span', () => {
  it('has mean, maximum and p95 of the seconds that were observed', () => {
    const cpus = Array.from({ length: 20 }, (_, n) => n);
    const minute = spanOf(
      cpus.map((cpu, n) =>
        second(BEGIN + n * 1_000, { instances: new Map([['shop-web-1', instance(cpu)]]) }),
      ),
    );
    expect(minute).toMatchObject({ node: 'node-1', fence: 1, beginMs: BEGIN, seconds: 20 });
    expect(minute.instances).toMatchObject([
      { instance: 'shop-web-1', seconds: 20, cpu: [9.5, 19, 18], memory: [100, 100, 100] },
    ]);
    expect(minute.instances[0]?.throttled).toEqual([4.75, 9.5, 9]);
    expect(minute.instances[0]?.cpuPeak, 'its service does not ask for peaks').toBeUndefined();
    expect(minute.host).toMatchObject({ cpu: [1.5, 1.5, 1.5], memory: [600, 600, 600], diskRead: undefined });
    expect(minute.others).toEqual({ cpu: [0.25, 0.25, 0.25], memory: [50, 50, 50] });
  });

  it('has the peaks of a service that asks for them, of the seconds that had one', () => {
    const peak = (cpuPeak?: number) =>
      second(BEGIN, {
        instances: new Map([
          ['shop-web-1', { ...instance(0.2), usage: { cpu: 0.2, memoryBytes: 100, cpuPeak } }],
        ]),
      });
    expect(spanOf([peak(0.5), peak(), peak(1.5)]).instances).toMatchObject([
      {
        seconds: 3,
        cpu: [0.2, 0.2, 0.2].map((cpu) => expect.closeTo(cpu, 6) as number),
        cpuPeak: [1, 1.5, 1.5],
      },
    ]);
  });

  it('leaves out the seconds in which an instance could not be read, and one that never could', () => {
    const minute = spanOf([
      second(BEGIN, { instances: new Map([['shop-web-1', instance(2)]]) }),
      second(BEGIN + 1_000, { instances: new Map([['shop-web-1', instance(null)]]) }),
    ]);
    expect(minute.instances).toMatchObject([{ seconds: 1, cpu: [2, 2, 2] }]);
    expect(spanOf([second(BEGIN, { instances: new Map([['x', instance(null)]]) })]).instances).toEqual([]);
  });
});

describe('SpanWriter', () => {
  const MINUTES = { lengthMs: 60_000, kept: 10 };
  function writerAt(length: Pick<SpanParts, 'lengthMs' | 'kept' | 'wants'> = MINUTES) {
    const stored: (readonly NodeSpan[])[] = [];
    const state = { nowMs: BEGIN, fails: false };
    const errors: unknown[] = [];
    const writer = new SpanWriter({
      ...length,
      spans: {
        async store(spans) {
          if (state.fails) throw new Error('away');
          stored.push(spans);
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
    expect(stored.map((minutes) => minutes.map(({ beginMs }) => (beginMs - BEGIN) / 60_000))).toEqual([
      [5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
    ]);
  });

  it('of ten seconds there are only the instances that are wanted, and no span without one', async () => {
    const { writer, stored, state } = writerAt({
      ...{ lengthMs: 10_000, kept: 60 },
      wants: (one) => one.identity.service === 'web',
    });
    const other = { ...instance(3), instance: 'shop-db-1', identity: { ...WEB, service: 'db' } };
    writer.observed(
      second(BEGIN, {
        instances: new Map([
          ['shop-web-1', instance(1)],
          ['shop-db-1', other],
        ]),
      }),
    );
    writer.observed(second(BEGIN + 10_000, { instances: new Map([['shop-db-1', other]]) }));
    state.nowMs = BEGIN + 60_000;
    await writer.write();
    expect(stored.map((spans) => spans.map(({ beginMs, instances }) => [beginMs, instances]))).toMatchObject([
      [[BEGIN, [{ instance: 'shop-web-1', cpu: [1, 1, 1] }]]],
    ]);
  });
});

describe('services that scale', () => {
  const service = (name: string, wanted: number | null, running: number, scaling: object | null = null) => ({
    ...{ appId: 'shop', service: name, wanted, running, scaling },
  });
  const has = (services: ScalingServices, name: string) =>
    services.has({ ...instance(1), identity: { ...WEB, service: name } });

  it('are those with a policy, or of which several instances are wanted or run', () => {
    const services = new ScalingServices([
      service('one', 1, 1),
      service('three', 3, 0),
      service('goes', 0, 2),
      service('unsaid', null, 2),
      service('stopped', 0, 0),
      service('policy', 1, 1, { min: 1, max: 4 }),
    ]);
    const names = ['one', 'three', 'goes', 'unsaid', 'stopped', 'policy', 'unknown'];
    expect(names.filter((name) => has(services, name))).toEqual(['three', 'goes', 'unsaid', 'policy']);
  });

  it('stay as they were known while the registry does not answer, which is said once', async () => {
    const errors: unknown[] = [];
    const answers = [[service('three', 3, 0)], undefined, undefined, [service('one', 1, 1)]];
    const followed = new FollowedScaling({
      counts: {
        async all() {
          const answer = answers.shift();
          if (answer === undefined) throw new Error('away');
          return answer;
        },
      },
      onError: (error) => errors.push(error),
    });
    const known: boolean[] = [];
    for (let n = 0; n < 4; n += 1) {
      await followed.refresh();
      known.push(has(followed.current, 'three'));
    }
    expect(known).toEqual([true, true, true, false]);
    expect(errors).toHaveLength(1);
  });
});
