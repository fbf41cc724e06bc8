import { describe, expect, it } from 'vitest';
import type { Explanation } from './wish.js';
import { amountText, limitReasonText } from './words.js';

const explanation: Explanation = {
  ...{
    resource: 'cpu',
    policy: 'serverless',
    current: 50,
    usage: 49,
    upper: 45,
    lower: 40,
    raw: 125,
    target: 100,
  },
  ...{ bounds: { min: 20, max: 100 }, constraint: 'max', by: 'CpuRescaleUp' },
};

describe('words for limits', () => {
  it('say from, to, by what, and what limited it', () => {
    expect(limitReasonText(explanation)).toBe(
      'cpu 0.5 cores -> 1 cores; CpuRescaleUp; 1.25 cores would be needed, at most 1 cores; 0.49 cores in use, upper 0.45 cores',
    );
    const { usage: _, by: __, ...rest } = explanation;
    expect(limitReasonText({ ...rest, target: 50, constraint: 'missing' })).toBe(
      'cpu 0.5 cores; no figure, so nothing is changed',
    );
  });

  it('have the units of people', () => {
    expect(amountText('memory', 268_435_456)).toBe('256 MiB');
    expect(amountText('diskWrite', 1_048_576)).toBe('1 MiB/s');
    expect(amountText('energy', 12)).toBe('12 W');
  });
});
