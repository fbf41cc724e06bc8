import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  causeOf,
  changeSpec,
  differs,
  firstSpec,
  wantedCount,
  type FieldChange,
  type ServiceSpec,
} from './spec.js';

const limits = { cpu: 0.25, memoryMiB: 256 };
const by = (arrival: number, mode = 'run'): FieldChange => ({
  ...{ arrival, by: mode, token: `t${arrival}` },
  at: '2026-01-01T00:00:00.000Z',
});
const declares = (count: number) => ({ count, limits });
const deployed = firstSpec({ state: 'running', release: 'r1' }, declares(1), by(1, 'build-and-run'));

describe('the spec of a service', () => {
  it('begins with what config.json declares', () => {
    expect(deployed).toMatchObject({
      revision: 1,
      state: 'running',
      release: 'r1',
      count: 1,
      declaredCount: 1,
      limits,
    });
  });

  it('a deploy undoes the scaling: not where config.json declares what it declared before', () => {
    const scaled = changeSpec(deployed, { count: 3 }, by(2, 'scale'));
    const again = changeSpec(scaled, { state: 'running', release: 'r2', declares: declares(1) }, by(3));
    expect(again).toMatchObject({ count: 3, declaredCount: 1, release: 'r2' });
    expect(again.changes.count).toMatchObject({ by: 'scale', token: 't2' });
  });

  it('takes a count that config.json declares anew, and one that the request names', () => {
    const scaled = changeSpec(deployed, { count: 3 }, by(2, 'scale'));
    expect(changeSpec(scaled, { release: 'r2', declares: declares(2) }, by(3)).count).toBe(2);
    const named = changeSpec(scaled, { release: 'r2', count: 5, declares: declares(2) }, by(3));
    expect(named).toMatchObject({ count: 5, declaredCount: 2 });
  });

  it('takes limits that config.json declares anew, and leaves learned ones', () => {
    const learned: ServiceSpec = { ...deployed, limits: { cpu: 1, memoryMiB: 512 } };
    expect(changeSpec(learned, { declares: declares(1) }, by(2)).limits).toEqual({ cpu: 1, memoryMiB: 512 });
    const more = { cpu: 2, memoryMiB: 1024 };
    expect(changeSpec(learned, { declares: { count: 1, limits: more } }, by(2)).limits).toEqual(more);
  });

  it('keeps its count while it is stopped', () => {
    const stopped = changeSpec(
      changeSpec(deployed, { count: 3 }, by(2)),
      { state: 'stopped' },
      by(3, 'stop'),
    );
    expect([stopped.count, wantedCount(stopped)]).toEqual([3, 0]);
    expect(wantedCount(changeSpec(stopped, { state: 'running', release: 'r1' }, by(4)))).toBe(3);
  });

  it('a build that ends late undoes no stop and no rollback that came after it', () => {
    const after = changeSpec(
      changeSpec(deployed, { state: 'stopped' }, by(3, 'stop')),
      { release: 'r0' },
      by(4),
    );
    const late = changeSpec(after, { state: 'running', release: 'r2', declares: declares(1) }, by(2));
    expect(late).toMatchObject({ state: 'stopped', release: 'r0' });
  });

  it('a stop of what is stopped is stored, so that a build that ends late does not undo it', () => {
    const stopped = changeSpec(deployed, { state: 'stopped' }, by(2, 'stop'));
    const again = changeSpec(stopped, { state: 'stopped' }, by(6, 'stop'));
    expect(differs(stopped, again)).toBe(true);
    expect(again.revision).toBe(stopped.revision);
    const late = changeSpec(again, { state: 'running', release: 'r2', declares: declares(1) }, by(5));
    expect(late.state).toBe('stopped');
  });

  it('knows what made each revision, also what was taken back', () => {
    const of = (spec: ServiceSpec, token: string) => causeOf({ spec, token });
    const scaled = changeSpec(deployed, { count: 3 }, by(2, 'scale'));
    expect([of(deployed, 't1'), of(scaled, 't2')]).toEqual(['build-and-run', 'scale']);
    const failed = by(4, 'run failed');
    const changes = { ...scaled.changes, count: by(4), state: failed, release: failed };
    expect(of({ ...scaled, changes }, 't4')).toBe('run failed');
    expect(of(scaled, 't9')).toBeUndefined();
  });

  it('that nothing asks to change does not differ', () => {
    expect(differs(deployed, changeSpec(deployed, {}, by(9)))).toBe(false);
  });
});

type Change = Parameters<typeof changeSpec>[1];
const changes = fc.oneof(
  fc.record({ state: fc.constant('running' as const), release: fc.stringMatching(/^r[0-9]$/) }),
  fc.constant<Change>({ state: 'stopped' }),
  fc.record({ count: fc.integer({ min: 0, max: 50 }) }),
);

/** The last change of each field, by arrival. */
function lastOf(list: readonly Change[]) {
  const last = <F extends 'state' | 'release' | 'count'>(field: F) =>
    list.map((change) => change[field]).findLast((value) => value !== undefined) ?? deployed[field];
  return { state: last('state'), release: last('release'), count: last('count') };
}

const isSame = (a: ServiceSpec, b: ServiceSpec): boolean =>
  a.state === b.state && a.release === b.release && a.count === b.count;

it('ends with what the last change of each field asked for, in whatever order tasks are carried out', () => {
  fc.assert(
    fc.property(
      fc
        .array(changes, { minLength: 1, maxLength: 12 })
        .chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray([...list.keys()], { minLength: list.length })),
        ),
      ([list, order]) => {
        let end = deployed;
        for (const n of order) {
          const before = end;
          end = changeSpec(before, list[n] as Change, by(n + 2));
          expect(end.revision - before.revision).toBe(isSame(before, end) ? 0 : 1);
        }
        expect(end).toMatchObject(lastOf(list));
      },
    ),
    { numRuns: 200 },
  );
});
