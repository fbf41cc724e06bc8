import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lowestLimit, nextMemoryStep } from './memory-step.js';

const MIB = 1024 ** 2;

it('a limit above what is used is set at once', () => {
  const now = { limit: 512 * MIB, used: 100 * MIB, inactive: 10 * MIB };
  expect(nextMemoryStep(200 * MIB, now)).toEqual({ kind: 'settle', bytes: 200 * MIB, isShort: false });
});

it('file cache that rests is given back in halves, then the limit is set', () => {
  const steps: number[] = [];
  let now = { limit: 512 * MIB, used: 300 * MIB, inactive: 260 * MIB };
  for (;;) {
    const step = nextMemoryStep(60 * MIB, now);
    steps.push(step.bytes / MIB);
    if (step.kind === 'settle') break;
    now = { limit: step.bytes, used: step.bytes, inactive: now.inactive - (now.used - step.bytes) };
  }
  expect(steps).toEqual([180, 120, 90, 74, 60, 60]);
});

it('memory was shrunk by the size of processes, with no look at what counts: it stays above the working set', () => {
  const now = { limit: 256 * MIB, used: 120 * MIB, inactive: 20 * MIB };
  const step = nextMemoryStep(64 * MIB, now);
  expect(step).toEqual({ kind: 'step', bytes: lowestLimit(now) });
  expect(step.bytes).toBeGreaterThan(100 * MIB);
});

const bytes = fc.integer({ min: 0, max: 64 * 1024 * MIB });

it('never goes below the working set nor above the limit, and comes to an end', () => {
  fc.assert(
    fc.property(bytes, bytes, bytes, bytes, (target, a, b, c) => {
      const used = Math.min(a, b);
      let now = { limit: Math.max(a, b), used, inactive: Math.min(used, c) };
      const workingSet = now.used - now.inactive;
      for (let steps = 0; steps < 24; steps += 1) {
        const step = nextMemoryStep(target, now);
        expect(step.bytes).toBeLessThanOrEqual(now.limit);
        expect(step.bytes).toBeGreaterThanOrEqual(Math.min(now.limit, workingSet));
        if (step.kind === 'settle') {
          expect(step.bytes).toBeGreaterThanOrEqual(now.used);
          return;
        }
        expect(step.bytes).toBeLessThan(now.used);
        // The kernel gives back what rests.
        now = { limit: step.bytes, used: step.bytes, inactive: now.inactive - (now.used - step.bytes) };
      }
      expect.fail('it does not end');
    }),
  );
});
