import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WEIGHTS } from '../../data-plane/domain/wanted.js';
import { adaptiveWeights, BASE, type Load, scoreWeights } from './laws.js';

const load = (more: Partial<Load> = {}): Load => ({
  ...{ latencyMs: 20, errorShare: 0, inFlight: 2, weight: BASE, isStalled: false, ramp: 1 },
  ...more,
});
const weights = (...loads: readonly Partial<Load>[]) => adaptiveWeights(loads.map(load));

describe('weights by what instances do', () => {
  it.each([
    ['all alike', [{}, {}, {}], [100, 100, 100]],
    ['twice as slow as most', [{}, {}, { latencyMs: 41 }], [100, 100, 50]],
    ['a hundred times as slow', [{}, {}, { latencyMs: 2_000 }], [100, 100, 8]],
    ['twice as fast', [{}, {}, { latencyMs: 9.5 }], [100, 100, 200]],
    ['ten times as fast', [{}, {}, { latencyMs: 1 }], [100, 100, 200]],
    ['not known yet', [{}, {}, { latencyMs: undefined }], [100, 100, 100]],
    ['less than HAProxy can tell', [{ latencyMs: 0 }, { latencyMs: 0.1 }], [105, 95]],
    ['a tenth fails', [{}, {}, { errorShare: 0.1 }], [100, 100, 81]],
    ['all fails', [{}, {}, { errorShare: 1 }], [100, 100, 6]],
    ['fails at once', [{}, {}, { errorShare: 1, latencyMs: 1 }], [100, 100, 6]],
    ['all of all fails', [{ errorShare: 1 }, { errorShare: 1 }, { errorShare: 1 }], [100, 100, 100]],
    ['a few more in flight', [{}, {}, { inFlight: 6 }], [100, 100, 100]],
    ['most in flight', [{}, {}, {}, { inFlight: 60 }], [100, 100, 100, 58]],
    ['stalled', [{}, {}, { isStalled: true }], [100, 100, 1]],
    ['all stalled', [{ isStalled: true }, { isStalled: true }], [100, 100]],
    ['in its slow start', [{}, {}, { ramp: 0.1 }], [100, 100, 10]],
    ['all in their slow start', [{ ramp: 0.1 }, { ramp: 0.1 }], [100, 100]],
    ['scored', [{ score: 100 }, { score: 50 }, { score: 0 }], [100, 50, 1]],
    ['scored low, all of them', [{ score: 4 }, { score: 2 }], [100, 50]],
    ['not scored among others', [{ score: 80 }, { score: 40 }, {}], [100, 50, 75]],
    ['alone', [{ latencyMs: 900, errorShare: 1, inFlight: 50, score: 3, ramp: 0.1 }], [100]],
    ['none', [], []],
  ])('%s', (_, loads, expected) => {
    expect(weights(...loads)).toEqual(expected);
  });

  const anyLoad = fc.record<Load>({
    latencyMs: fc.option(fc.double({ min: 0, max: 60_000, noNaN: true }), { nil: undefined }),
    errorShare: fc.double({ min: 0, max: 1, noNaN: true }),
    inFlight: fc.integer({ min: 0, max: 10_000 }),
    weight: fc.integer({ min: WEIGHTS.least, max: WEIGHTS.most }),
    isStalled: fc.boolean(),
    ramp: fc.double({ min: 0.1, max: 1, noNaN: true }),
    score: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
  });
  const service = fc.array(anyLoad, { minLength: 1, maxLength: 12 });

  it('are whole numbers within the bounds, and never all at the least', () => {
    fc.assert(
      fc.property(service, (loads) => {
        const found = adaptiveWeights(loads);
        for (const weight of found) {
          expect(Number.isInteger(weight)).toBe(true);
          expect(weight).toBeGreaterThanOrEqual(WEIGHTS.least);
          expect(weight).toBeLessThanOrEqual(WEIGHTS.most);
        }
        expect(Math.max(...found)).toBeGreaterThanOrEqual(BASE);
      }),
    );
  });

  it('are equal for instances that do alike', () => {
    fc.assert(
      fc.property(service, anyLoad, (loads, twin) => {
        const found = adaptiveWeights([twin, ...loads, twin]);
        expect(found[0]).toBe(found.at(-1));
      }),
    );
  });

  it.each<[string, (one: Load, more: number) => Load]>([
    ['slower', (one, more) => ({ ...one, latencyMs: (one.latencyMs ?? 0) + more * 1_000 })],
    ['fails more often', (one, more) => ({ ...one, errorShare: Math.min(1, one.errorShare + more) })],
    ['has more in flight', (one, more) => ({ ...one, inFlight: one.inFlight + Math.ceil(more * 100) })],
    ['stalls', (one) => ({ ...one, isStalled: true })],
    ['is scored lower', (one, more) => ({ ...one, score: Math.max(0, (one.score ?? 100) - more * 100) })],
    [
      'is at an earlier moment of its slow start',
      (one, more) => ({ ...one, ramp: Math.max(0.1, one.ramp - more) }),
    ],
  ])('never give a larger share to an instance that %s', (_, worse) => {
    const known = anyLoad.map((one) => ({ ...one, latencyMs: one.latencyMs ?? 10, score: one.score ?? 50 }));
    fc.assert(
      fc.property(
        known,
        fc.array(known, { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (one, others, more) => {
          const share = (own: Load): number => {
            const [first = 0, ...rest] = adaptiveWeights([own, ...others]);
            return first / Math.max(...rest);
          };
          // A weight is a whole number: the share may rise by the rounding of the others alone.
          expect(share(worse(one, more))).toBeLessThanOrEqual(share(one) * (1 + 1 / BASE) + 1 / BASE);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('weights by scores', () => {
  it.each([
    ['the weights of the paper', [100, 50, 25, 5], [100, 50, 25, 5]],
    ['its other ones', [100, 95, 90, 85], [100, 95, 90, 85]],
    ['no score is 0 to 100', [0, -1, 101, NaN], [1, 1, 1, 1]],
    ['not measured yet: as most others', [undefined, 80, 40, 60], [60, 80, 40, 60]],
    ['nobody measures', [undefined, undefined], [100, 100]],
  ])('%s', (_, scores, expected) => {
    expect(scoreWeights(scores.map((score) => ({ score, ramp: 1 })))).toEqual(expected);
  });

  it('a slow start is a part of them', () => {
    const loads = [
      { score: 80, ramp: 0.1 },
      { score: 80, ramp: 1 },
    ];
    expect(scoreWeights(loads)).toEqual([8, 80]);
  });
});
