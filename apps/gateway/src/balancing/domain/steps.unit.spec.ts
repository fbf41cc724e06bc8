import fc from 'fast-check';
import { expect, it } from 'vitest';
import { randomOf } from '#libs/testing';
import { WEIGHTS } from '../../data-plane/domain/wanted.js';
import { adaptiveWeights } from './laws.js';
import { nextWeight } from './steps.js';

const weight = fc.integer({ min: WEIGHTS.least, max: WEIGHTS.most });

it.each([
  [100, 110, 100],
  [100, 90, 100],
  [100, 118, 118],
  [100, 256, 151],
  [100, 1, 50],
  [3, 1, 1],
  [1, 100, 3],
  [1, 2, 1],
])('from %i towards %i: %i', (from, wanted, next) => {
  expect(nextWeight(from, wanted)).toBe(next);
});

it('a step never passes its goal, and leaves the goal never farther away', () => {
  fc.assert(
    fc.property(weight, weight, (from, wanted) => {
      const next = nextWeight(from, wanted);
      expect(next).toBeGreaterThanOrEqual(Math.min(from, wanted));
      expect(next).toBeLessThanOrEqual(Math.max(from, wanted));
      expect(next).toBeGreaterThanOrEqual(WEIGHTS.least);
    }),
  );
});

it('a weight comes near any goal within eleven steps, and rests there', () => {
  fc.assert(
    fc.property(weight, weight, (from, wanted) => {
      let now = from;
      for (let step = 0; step < 11; step += 1) now = nextWeight(now, wanted);
      expect(Math.abs(now - wanted)).toBeLessThanOrEqual(Math.max(5, now / 6));
      expect(nextWeight(now, wanted)).toBe(now);
    }),
  );
});

it('times that differ by a tenth by chance make no weight flap', () => {
  const random = randomOf(7);
  let now = [100, 100, 100, 100];
  let changes = 0;
  for (let look = 0; look < 1_000; look += 1) {
    const loads = now.map((own) => ({
      ...{ latencyMs: 20 * (0.95 + 0.1 * random()), errorShare: 0, inFlight: Math.round(4 * random()) },
      ...{ weight: own, isStalled: false, ramp: 1 },
    }));
    const next = adaptiveWeights(loads).map((wanted, index) => nextWeight(now[index] ?? 0, wanted));
    changes += next.filter((one, index) => one !== now[index]).length;
    now = next;
  }
  expect(changes).toBe(0);
});
