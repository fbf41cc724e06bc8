import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  causeOf,
  changeSpec,
  type FieldChange,
  firstSpec,
  type ServiceSpec,
  type SpecChange,
} from './spec.js';

const AT = '2026-01-01T00:00:00.000Z';
const declared = { count: 1, limits: { cpu: 0.25, memoryMiB: 256 } };
const by = (arrival: number, mode = 'canary'): FieldChange => ({
  arrival,
  at: AT,
  by: mode,
  token: `t${arrival}`,
});
const deployed: ServiceSpec = {
  ...firstSpec({ release: 'r1' }, declared, by(1, 'run')),
  count: 4,
};
const tried = { release: 'c1', percent: 10 };

describe('a canary', () => {
  it('ends with a deployment, a rollback and a stop, and stays through a scaling', () => {
    const with10 = changeSpec(deployed, { canary: tried }, by(2));
    expect(with10).toMatchObject({ canary: tried, revision: 2, release: 'r1', changes: { canary: by(2) } });
    expect(changeSpec(with10, { count: 8 }, by(3, 'scale')).canary).toEqual(tried);
    const ended = [
      changeSpec(with10, { state: 'running', release: 'r2', canary: null }, by(3, 'run')),
      changeSpec(with10, { state: 'stopped', canary: null }, by(3, 'stop')),
      changeSpec(with10, { canary: null }, by(3)),
    ];
    for (const spec of ended) expect(spec).not.toHaveProperty('canary');
    expect(ended.map(({ revision }) => revision)).toEqual([3, 3, 3]);
  });

  it('of the release that becomes the wanted one is none', () => {
    const with10 = changeSpec(deployed, { canary: tried }, by(3));
    const late = changeSpec(with10, { state: 'running', release: 'c1', canary: null }, by(2, 'run'));
    expect(late.release).toBe('c1');
    expect(late).not.toHaveProperty('canary');
  });

  it('that was asked for before a deployment, and comes after it, is none', () => {
    const fresh = changeSpec(deployed, { state: 'running', release: 'r2', canary: null }, by(5, 'run'));
    expect(fresh.changes).not.toHaveProperty('canary');
    expect(changeSpec(fresh, { canary: tried }, by(4))).not.toHaveProperty('canary');
    expect(changeSpec(fresh, { canary: tried }, by(6)).canary).toEqual(tried);
  });

  it('is the cause of its revision', () => {
    const spec = changeSpec(deployed, { canary: tried }, by(2));
    expect(causeOf({ spec, token: 't2' })).toBe('canary');
  });
});

const changes = fc.oneof(
  fc.record({
    state: fc.constant('running' as const),
    release: fc.stringMatching(/^r[0-9]$/),
    canary: fc.constant(null),
  }),
  fc.constant<SpecChange>({ state: 'stopped', canary: null }),
  fc.record({ count: fc.integer({ min: 0, max: 50 }) }),
  fc.record({
    canary: fc.record({ release: fc.stringMatching(/^c[0-9]$/), percent: fc.integer({ min: 1, max: 99 }) }),
  }),
  fc.constant<SpecChange>({ canary: null }),
);

it('is what was asked for last, in whatever order tasks are carried out', () => {
  fc.assert(
    fc.property(
      fc
        .array(changes, { minLength: 1, maxLength: 12 })
        .chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray([...list.keys()], { minLength: list.length })),
        ),
      ([list, order]) => {
        const end = order.reduce((spec, n) => changeSpec(spec, list[n] as SpecChange, by(n + 2)), deployed);
        const last = list
          .map((change: SpecChange) => change.canary)
          .findLast((canary) => canary !== undefined);
        expect(end.canary ?? null).toEqual(last ?? null);
      },
    ),
    { numRuns: 200 },
  );
});
