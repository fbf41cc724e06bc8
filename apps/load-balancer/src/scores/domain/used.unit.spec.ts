import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObservedInstance } from '#libs/observations';
import { roomLeft } from './overall.js';
import { smoothed } from './smoothed.js';
import { type LineUse, linePercent, nextLineUse, usedBy } from './used.js';

const MBIT = 125_000;
const both = (mbits: number) => ({ inBytesPerSecond: mbits * MBIT, outBytesPerSecond: 0 });

/** Percent of the line after each second. */
function line(mbits: readonly number[], named?: number): readonly number[] {
  let use: LineUse | undefined;
  return mbits.map((one) => {
    use = nextLineUse(use, both(one), 1);
    return linePercent(use, named);
  });
}

describe('the line of a node', () => {
  it('one idle burst cost 15 points, and steady saturation none: a burst costs little, and saturation most', () => {
    const points = (percents: readonly number[]): readonly number[] => {
      let average: number | undefined;
      return percents.map((percent) => {
        average = smoothed(average, percent, { seconds: 1, alpha: 0.2 });
        return 0.15 * (100 - roomLeft(average));
      });
    };
    expect(Math.max(...points(line([0, 0, 100, 0, 0], 1_000)))).toBeCloseTo(0.3);
    expect(points(line(Array<number>(60).fill(1_000), 1_000)).at(-1)).toBeCloseTo(15);
    // Where nobody named its speed, it may be faster.
    expect(points(line(Array<number>(60).fill(1_000))).at(-1)).toBeCloseTo(7.5);
  });

  it('counts its busier direction', () => {
    const use = nextLineUse(undefined, { inBytesPerSecond: 10 * MBIT, outBytesPerSecond: 500 * MBIT }, 0);
    expect(linePercent(use)).toBeCloseTo(50);
  });

  it('that nobody named is never full, and forgets within a minute that it was fast', () => {
    expect(line([8_000])).toEqual([50]);
    expect(line([8_000, ...Array<number>(90).fill(200)]).at(-1)).toBeCloseTo(20, 0);
  });

  it('never has more room by more traffic', () => {
    const rate = fc.double({ min: 0, max: 20_000, noNaN: true });
    fc.assert(
      fc.property(fc.array(rate, { maxLength: 20 }), rate, rate, (before, a, b) => {
        const last = (mbits: number): number => line([...before, mbits]).at(-1) ?? NaN;
        expect(last(Math.max(a, b))).toBeGreaterThanOrEqual(last(Math.min(a, b)) - 1e-9);
      }),
    );
  });
});

describe('what an instance uses', () => {
  const instance = (changes: Partial<ObservedInstance> = {}): ObservedInstance => ({
    instance: 'shop-web-1',
    identity: { container: 'c', appId: 'shop', service: 'web', release: 'r' },
    usage: { cpu: 0.25, memoryBytes: 50 },
    details: { processes: 1, limits: { cpus: 0.5, memoryBytes: 100 }, restarts: 0 },
    ...changes,
  });
  const sizes = { cpus: 4, memoryBytes: 1_000, swapBytes: 0 };

  it('is percent of its limits, and of its node where it has none', () => {
    expect(usedBy(instance(), { sizes }, 3)).toEqual({
      ...{ cpuPercent: 50, memoryPercent: 50, networkPercent: 3 },
      ...{ cpuLimit: 0.5, memoryLimit: 100 },
    });
    const free = instance({ details: { processes: 1, limits: {}, restarts: 0 } });
    expect(usedBy(free, { sizes }, undefined)).toEqual({ cpuPercent: 6.25, memoryPercent: 5 });
    expect(usedBy(free, {}, undefined)).toEqual({});
  });

  it('is not known in a gap, nor before its limits are', () => {
    expect(usedBy(instance({ usage: null }), { sizes }, 3)).toBeUndefined();
    expect(usedBy(instance({ details: undefined }), { sizes }, 3)).toBeUndefined();
  });
});

describe('smoothing', () => {
  it('begins with the first figure, and a gap counts as the seconds that it lasted', () => {
    expect(smoothed(undefined, 80, { seconds: 0, alpha: 0.2 })).toBe(80);
    expect(smoothed(0, 100, { seconds: 1, alpha: 0.2 })).toBeCloseTo(20);
    const twice = smoothed(smoothed(0, 100, { seconds: 1, alpha: 0.2 }), 100, { seconds: 1, alpha: 0.2 });
    expect(smoothed(0, 100, { seconds: 2, alpha: 0.2 })).toBeCloseTo(twice);
  });

  it('stays between what was and what is', () => {
    const value = fc.double({ min: 0, max: 100, noNaN: true });
    const pace = fc.record({
      seconds: fc.double({ min: 0, max: 100, noNaN: true }),
      alpha: fc.double({ min: 0.01, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(value, value, pace, (before, now, of) => {
        const next = smoothed(before, now, of);
        expect(next).toBeGreaterThanOrEqual(Math.min(before, now) - 1e-9);
        expect(next).toBeLessThanOrEqual(Math.max(before, now) + 1e-9);
      }),
    );
  });
});
