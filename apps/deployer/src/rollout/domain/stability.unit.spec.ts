import { describe, expect, it } from 'vitest';
import { stabilityMs } from './stability.js';

describe('the stability window of an instance', () => {
  it('is that of the platform, unless config.json says another', () => {
    expect(stabilityMs({}, {}, 1_000)).toBe(1_000);
    expect(stabilityMs({}, { acceptance: 'seen' }, 1_000)).toBe(1_000);
    expect(stabilityMs({ health: { timeoutMs: 100, stableMs: 0 } }, {}, 1_000)).toBe(0);
    expect(stabilityMs({ health: { timeoutMs: 100, stableMs: 200 } }, { acceptance: 'unseen' }, 1_000)).toBe(
      200,
    );
  });

  it('is 5 s at least where nobody can see whether a process accepts connections', () => {
    expect(stabilityMs({}, { acceptance: 'unseen' }, 1_000)).toBe(5_000);
    expect(stabilityMs({}, { acceptance: 'unseen' }, 9_000)).toBe(9_000);
  });
});
